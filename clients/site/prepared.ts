import type { Site } from "./schema.js";

/** A site with all that rendering needs beside it: the renderers read no file and ask no program. */
export interface PreparedSite extends Site {
  /** As `nginx -v` says: `nginx/1.22.1`; empty where the front door is another one. */
  readonly nginxVersion: string;
  /** The token or password of the dynamic DNS. */
  readonly secret?: string | undefined;
}

/** Every name that the site is reached by. */
export function namesOf({ sites }: Pick<Site, "sites">): readonly string[] {
  return sites.flatMap(({ domain, aliases }) => [domain, ...aliases]);
}

/** nginx's addresses in the LAN. */
export function lanAddresses({ lan }: Pick<Site, "lan">): readonly string[] {
  return lan.ipv6 === undefined ? [lan.ipv4] : [lan.ipv4, lan.ipv6];
}
