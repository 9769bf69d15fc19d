import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { installedNginx, knowsOcsp } from "../../site/installed-nginx.js";
import type { PreparedSite } from "../../site/prepared.js";
import { parseSite, SiteError } from "../../site/read.js";
import type { DynamicDns, Site } from "../../site/schema.js";
import { isDuckdnsToken, isSecret } from "../../site/values.js";
import { CommandError } from "../error.js";
import { readNamed } from "../read-named.js";
import { note } from "../terminal.js";

const LARGEST_OCTETS = 1_000_000;

/** Reads site.yaml. Throws SITE_INVALID, and what reading a file throws. */
export async function readSite(file: string): Promise<Site> {
  const text = (await readNamed(file, "The site", LARGEST_OCTETS)).toString("utf8");
  try {
    return parseSite(text, file);
  } catch (error) {
    if (!(error instanceof SiteError)) throw error;
    throw new CommandError("SITE_INVALID", error.message, { cause: error });
  }
}

/** The site, with what the renderers need beside it: which nginx is there, and the secret of the dynamic DNS. Throws TOOL_MISSING, SITE_INVALID. */
export async function prepareSite(site: Site, file: string): Promise<PreparedSite> {
  const prepared = { ...site, secret: await readSecret(site.dynamicDns, file), nginxVersion: await versionFor(site, file) };
  if (site.nginx.revocation.kind === "ocsp" && !knowsOcsp(prepared.nginxVersion))
    throw new CommandError(
      "SITE_INVALID",
      `${file}: \`nginx.revocation\` can't be ocsp with ${prepared.nginxVersion}: it needs 1.19.0 or newer. Nothing was written.`,
    );
  return prepared;
}

async function versionFor({ nginx, frontDoor }: Site, file: string): Promise<string> {
  if (frontDoor !== "nginx") return "";
  if (nginx.version !== undefined) return `nginx/${nginx.version}`;
  const installed = await installedNginx();
  if (installed !== undefined) return installed;
  throw new CommandError(
    "TOOL_MISSING",
    `There is no nginx on this host to ask for its version, which decides how its file is written. Install it, or say in ${file} which one will read it:\n  nginx:\n    version: 1.22.1`,
  );
}

/** Relative names are meant from the file that they stand in. */
async function readSecret(dynamicDns: DynamicDns, file: string): Promise<string | undefined> {
  if (dynamicDns.kind === "none" || dynamicDns.kind === "static") return undefined;
  const isDuckdns = dynamicDns.kind === "duckdns";
  const path = resolve(dirname(file), isDuckdns ? dynamicDns.tokenFile : dynamicDns.passwordFile);
  if (!existsSync(path))
    throw new CommandError(
      "FILE_NOT_FOUND",
      `${path} is not there: write the ${isDuckdns ? "token" : "password or token"} of the dynamic DNS into it, for you alone (chmod 600). Nothing was written.`,
    );
  const secret = (await readNamed(path, "The password or token of the dynamic DNS", LARGEST_OCTETS)).toString("utf8").trim();
  if (!(isDuckdns ? isDuckdnsToken(secret) : isSecret(secret))) {
    const letters = isDuckdns
      ? "letters, digits and hyphens, as DuckDNS shows it"
      : "one line without spaces, quotes, backslashes, # and commas";
    throw new CommandError(
      "SITE_INVALID",
      `${path} does not hold what can be written into a file of the kit: ${letters}. Nothing was written.`,
    );
  }
  if (process.platform !== "win32" && ((await stat(path)).mode & 0o077) !== 0)
    note(`${path} holds a secret, and others on this host may read it: chmod 600 ${path}`);
  return secret;
}
