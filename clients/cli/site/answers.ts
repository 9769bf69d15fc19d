import { explainIssue } from "../../site/read.js";
import { siteSchema } from "../../site/schema.js";
import type { Answers, Field } from "./field.js";

/** What goes into site.yaml. What nobody has answered is left out: the schema has defaults, or says that it is missing. */
export function siteOf(answers: Answers): Record<string, unknown> {
  const { domain, backend, lan, dns, router, wan } = answers;
  return defined({
    sites: [defined({ domain, backend })],
    lan: defined({ ipv4: lan }),
    dns: dns === undefined ? undefined : { kind: dns },
    router: router === undefined ? undefined : defined({ kind: router, wan: router === "nftables" ? wan : undefined }),
    dynamicDns: answers.dynamicDns === undefined ? undefined : dynamicDnsOf(answers),
  });
}

function dynamicDnsOf({ dynamicDns: kind, provider, providerServer, zone, login, secretFile, publicAddress }: Answers): object {
  switch (kind) {
    case "duckdns":
      return defined({ kind, tokenFile: secretFile });
    case "ddclient":
      return defined({ kind, protocol: provider, server: providerServer, zone, login, passwordFile: secretFile });
    case "openwrt":
      return defined({ kind, service: provider, username: login, passwordFile: secretFile });
    case "static":
      return defined({ kind, ipv4: publicAddress });
    default:
      return defined({ kind });
  }
}

function defined(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== ""));
}

/** Names that site.yaml has beside a field's own path, and what is said of a whole section. */
const SAME_PATHS: Readonly<Record<string, string>> = {
  "dynamicDns.service": "dynamicDns.protocol",
  "dynamicDns.username": "dynamicDns.login",
  "dynamicDns.tokenFile": "dynamicDns.passwordFile",
  dynamicDns: "dynamicDns.ipv4",
  "sites.0": "sites.0.domain",
};

export interface AnswerProblem {
  readonly field: Field | undefined;
  /** `must be an IPv4 address, like 192.168.1.2.` */
  readonly words: string;
}

/** What is wrong with these answers, each with the field that it is about. */
export function problemsOf(answers: Answers, fields: readonly Field[]): AnswerProblem[] {
  const parsed = siteSchema.safeParse(siteOf(answers));
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue) => {
    const path = issue.path.join(".");
    const field = fields.find((one) => one.path === (SAME_PATHS[path] ?? path));
    const isThere = field === undefined || (answers[field.name] ?? "") !== "";
    return explainIssue(issue, () => isThere).map(({ words }) => ({ field, words: words.replace(/^`[^`]*` /, "") }));
  });
}
