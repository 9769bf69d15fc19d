import { isIP } from "node:net";
import { z } from "zod";

/**
 * The one schema of the settings: `latchkey.yaml` in the data folder, then `LATCHKEY_*` variables, then flags.
 * Every key is optional; the defaults stand here.
 */
const address = z.string().refine(isAddress, "must be HOST:PORT, e.g. 127.0.0.1:8444 or [::1]:8444; port 0 lets the system choose.");
const networks = z.array(z.string().refine(isNetwork, "must be networks in CIDR notation, e.g. 192.168.1.0/24 or fd00::/8."));
const days = (fallback: number) => z.number().int().min(1).max(36_500).default(fallback);
const mailAddress = z.string().refine(isMailAddress, "must be an address like anna@home.example.com, and nothing besides.");
const keyType = z.enum(["P-256", "P-384", "RSA-2048", "RSA-3072", "RSA-4096"]).default("P-256");

const everySetting = z.strictObject({
  /** The folder with keys, store and credentials. */
  data: z.string().default("./data"),
  /** The site's domains: what `servers` may certify, beside the local names. */
  domains: z.array(z.string()).default([]),
  /** Where operators reach the CA: gRPC over mutual TLS. */
  grpc: z.strictObject({ listen: address.default("127.0.0.1:8444") }).prefault({}),
  /** Publication over plain HTTP: CA certificates, CRLs and OCSP. */
  http: z
    .strictObject({
      listen: address.default("127.0.0.1:8480"),
      /** Written into certificates (CRLDP, AIA) when set. */
      url: z.url({ protocol: /^http$/ }).optional(),
      /** Who may read /metrics there, in CIDR notation; nobody by default. */
      metrics: networks.default([]),
    })
    .prefault({}),
  enrollment: z
    .strictObject({
      /** `false`: the service runs elsewhere, or not at all. */
      enabled: z.boolean().default(true),
      listen: address.default("[::]:8443"),
      /** The name in the invitation's URL; by default this host's LAN address. */
      host: z.string().optional(),
      /** Networks in CIDR notation; by default those of this host's own private interfaces. */
      lan: networks.optional(),
      trustedProxies: networks.default([]),
      /** Whom the port answers: who is invited (nobody while nobody is), everybody on the LAN, or nobody. */
      open: z.enum(["invitations", "always", "never"]).default("invitations"),
      /** A certificate of the user's own, e.g. from a public CA: paths of PEM files. */
      tls: z.strictObject({ certificate: z.string(), key: z.string() }).optional(),
      /** Sign iPhones' profiles: by `tls` where there is one, else by a certificate that is made for it. */
      signProfiles: z.boolean().default(false),
    })
    .prefault({}),
  devices: z
    .strictObject({
      /** `false`: there is no such port. */
      enabled: z.boolean().default(true),
      /** Where devices come with their certificate, to try it and to renew it; by default beside the enrolment port, two above it. */
      listen: address.optional(),
      /** Proxies that begin each connection with the PROXY protocol: through them devices may come from anywhere. */
      trustedProxies: networks.default([]),
      /** One more name that the port is reached by, e.g. from outside. */
      host: z.string().optional(),
    })
    .prefault({}),
  invitations: z.strictObject({ lifetimeMinutes: z.number().int().min(1).max(10_080).default(15) }).prefault({}),
  keys: z
    .strictObject({
      /** What new authorities get. */
      type: keyType,
      /** A file that holds the passphrase of the authorities' keys; by default one in the user's configuration folder. */
      passphraseFile: z.string().optional(),
    })
    .prefault({}),
  profiles: z
    .strictObject({
      device: z.strictObject({ days: days(825) }).prefault({}),
      // Apple refuses server certificates that live longer than 825 days; the web's own limit was 398.
      server: z.strictObject({ days: z.number().int().min(1).max(825).default(397) }).prefault({}),
      operator: z.strictObject({ days: days(397) }).prefault({}),
    })
    .prefault({}),
  crl: z
    .strictObject({
      /** From thisUpdate to nextUpdate. */
      days: z.number().int().min(2).max(365).default(30),
      /** When the daily CRL is signed, and doors reload for it: this hour of the day, in this host's time zone. */
      quietHour: z.number().int().min(0).max(23).default(3),
      /** Publish delta CRLs, for who fetches CRLs over HTTP. */
      delta: z.boolean().default(false),
    })
    .prefault({}),
  ocsp: z
    .strictObject({
      /** How long an answer may be relied on: so long may whoever keeps answers take a revoked device for good. */
      minutes: z.number().int().min(1).max(10_080).default(5),
    })
    .prefault({}),
  /** Who is told before a device's certificate ends. Without a channel, nobody is. */
  notices: z
    .strictObject({
      daysBefore: z
        .array(z.number().int().min(1).max(3_650))
        .min(1)
        .max(20)
        .refine((days) => new Set(days).size === days.length, "names a day twice.")
        .default([60, 30, 14, 7, 1]),
      webhook: z
        .strictObject({
          /** A secret where the receiver takes whoever knows it for a friend, as Home Assistant does. */
          url: z.string().refine(isWebhookUrl, "must be a URL that begins with https:// or http://, without a user's name in it."),
          secretFile: z.string(),
          caFile: z.string().optional(),
        })
        .optional(),
      email: z
        .strictObject({
          host: z.string().regex(/^[^\s/@]+$/, "must be a host's name or address."),
          port: z.number().int().min(1).max(65_535).optional(),
          security: z.enum(["starttls", "tls", "none"]).default("starttls"),
          user: z.string().optional(),
          passwordFile: z.string().optional(),
          caFile: z.string().optional(),
          from: mailAddress,
          to: z.array(mailAddress).min(1).max(50),
        })
        .refine(({ user, passwordFile }) => (user === undefined) === (passwordFile === undefined), {
          path: ["user"],
          message: "belongs to `notices.email.passwordFile`: give both, or neither.",
        })
        .refine(({ user, security }) => user === undefined || security !== "none", {
          path: ["security"],
          message: "can't be none where there is a password: it would cross the network for all to read.",
        })
        .optional(),
    })
    .prefault({}),
});

export const settingsSchema = everySetting.refine(({ crl, http }) => !crl.delta || http.url !== undefined, {
  path: ["crl", "delta"],
  message: "wants `http.url`: it stands in the full CRL where its delta is.",
});

export type Settings = z.infer<typeof settingsSchema>;

/** Where devices come with their certificate: as it is set, or beside the enrolment port. */
export function devicesListen({ devices, enrollment }: Pick<Settings, "devices" | "enrollment">): string {
  if (devices.listen !== undefined) return devices.listen;
  const [, host = "", port = "0"] = /^(.*):(\d+)$/.exec(enrollment.listen) ?? [];
  return `${host}:${port === "0" ? 0 : (Number(port) + 2) % 65_536}`;
}

function isAddress(text: string): boolean {
  const [, bracketed, bare, port] = /^(?:\[([^\]]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(text) ?? [];
  return (bracketed === undefined ? bare !== undefined : isIP(bracketed) === 6) && Number(port) <= 65_535;
}

function isWebhookUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === "https:" || protocol === "http:") && username === "" && password === "";
}

/** What can stand in a header and in an SMTP command as it is. */
function isMailAddress(text: string): boolean {
  return text.length <= 254 && /^[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text);
}

/** A single address is a network of one. */
function isNetwork(text: string): boolean {
  const [, ip = "", bits] = /^([^/]+?)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(ip);
  return version !== 0 && (bits === undefined || Number(bits) <= (version === 4 ? 32 : 128));
}
