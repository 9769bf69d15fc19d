export { knowsOcsp } from "../nginx/configuration/dialect.js";

import { nginxVersion } from "../nginx/nginx-version.js";

/** `nginx/1.22.1`, of the nginx on this host; undefined when there is none. Not everybody has /usr/sbin in the PATH. */
export async function installedNginx(): Promise<string | undefined> {
  for (const command of ["nginx", "/usr/sbin/nginx"]) {
    const version = await nginxVersion(command);
    if (version !== "") return version;
  }
  return undefined;
}
