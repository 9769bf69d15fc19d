import { toPem } from "../../../clients/nginx/pem.js";
import { auditSettings } from "../../../clients/nginx/settings/audit.js";
import type { Hole } from "../../../clients/nginx/settings/hole.js";
import { createDevices } from "../authority/world.js";

/** nginx configurations as `nginx -T` prints them, and the files that they name. */

export const DIR = "/var/lib/latchkey-nginx";
/** What makes a server a door; its `listen` and `server_name` as well. */
export const DOOR = `
  listen 443 ssl;
  server_name home.example;
  ssl_certificate ${DIR}/server.crt;
  ssl_certificate_key ${DIR}/server.key;
  ssl_client_certificate ${DIR}/devices-ca.pem;
  ssl_crl ${DIR}/devices-crl.pem;
  ssl_verify_client on;
  ssl_session_cache off;
  ssl_session_tickets off;
`;

const caOf = async () => toPem("CERTIFICATE", (await createDevices()).authority.certificate);
const devicesCa = await caOf();
const otherCa = await caOf();

/** What the files hold that a configuration may name; any other file can't be read. */
const FILES: Readonly<Record<string, string>> = {
  [`${DIR}/devices-ca.pem`]: devicesCa,
  "/etc/ssl/copy-of-devices.pem": devicesCa,
  "/etc/ssl/copy-as-trusted.pem": devicesCa.replaceAll("CERTIFICATE", "TRUSTED CERTIFICATE"),
  "/etc/ssl/both.pem": `# ours is the second\n${otherCa}${devicesCa}`,
  "/etc/ssl/other.pem": otherCa,
  "/etc/nginx/chain.pem": otherCa,
};
export const read = async (file: string) => FILES[file];

export const dumpOf = (files: Readonly<Record<string, string>>) =>
  Object.entries(files)
    .map(([name, text]) => `# configuration file ${name}:\n${text}\n`)
    .join("\n");

/** A configuration of one file. */
export const dump = (http: string, main = "worker_shutdown_timeout 2s;") =>
  dumpOf({ "/etc/nginx/nginx.conf": `${main}\nevents { }\nhttp {\n${http}\n}\n` });

/** A door; `without` is left out of it, `more` put into it. */
export const door = (more = "", without = "") =>
  `server { ${without === "" ? DOOR : DOOR.replace(new RegExp(`${without}[^;]*;`), "")} ${more} }`;

/** As a hook sees them that may not end old workers. */
export const holesOf = async (text: string): Promise<Hole[]> => await auditSettings(text, DIR, { cutsItself: false, read });

export const codesOf = async (text: string): Promise<string[]> => [...new Set((await holesOf(text)).map(({ code }) => code))];
