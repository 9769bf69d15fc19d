// Who may import whom: the rules of docs/architecture.md, on every import of ours, of types too.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** The first rule whose folder a file is in counts: `may` lists the folders and files of ours that it may import from, beside its own folder. */
export const RULES = [
  { in: "services/ca/authority/", may: [] },
  // What is audited is an event of the one list: a name that is not on it must not compile.
  { in: "services/ca/store/", may: ["services/ca/authority/", "services/log.ts"] },
  { in: "services/ca/keys/", may: ["services/ca/authority/"] },
  {
    in: "services/ca/workflows/",
    may: [
      "services/ca/authority/",
      "services/ca/store/",
      "services/ca/keys/",
      "services/address.ts",
      "services/config.ts",
      "services/interfaces.ts",
      "services/log.ts",
      "clients/connect/credential.ts",
      "clients/connect/credential-lock.ts",
    ],
  },
  {
    in: "services/ca/grpc/",
    may: ["services/ca/authority/", "services/ca/store/store.ts", "services/ca/workflows/", "services/log.ts", "generated/"],
  },
  {
    in: "services/ca/notices/",
    may: ["services/ca/authority/", "services/ca/store/store.ts", "services/ca/workflows/context.ts", "services/config.ts"],
  },
  {
    in: "services/ca/metrics/",
    may: ["services/ca/authority/", "services/ca/store/store.ts", "services/ca/workflows/", "services/ca/grpc/guard.ts", "services/log.ts"],
  },
  { in: "services/ca/publication/", may: ["services/ca/authority/", "services/ca/workflows/", "services/address.ts"] },
  {
    in: "services/ca/",
    may: [
      "services/ca/",
      "services/address.ts",
      "services/config.ts",
      "services/log.ts",
      "services/own-certificate.ts",
      "services/repeatedly.ts",
      "generated/",
    ],
  },
  { in: "services/enrollment/bundle/", may: [] },
  { in: "services/enrollment/browser/", may: ["services/enrollment/bundle/"] },
  {
    in: "services/enrollment/",
    may: [
      "clients/connect/",
      "services/address.ts",
      "services/interfaces.ts",
      "services/log.ts",
      "services/own-certificate.ts",
      "services/repeatedly.ts",
      "generated/",
    ],
  },
  {
    in: "services/",
    may: [
      "services/config.ts",
      "services/nearest.ts",
      "services/settings/",
      "services/settings.ts",
      "services/log.ts",
      "services/event-line.ts",
    ],
  },
  { in: "clients/connect/", may: ["generated/"] },
  { in: "clients/nginx/", may: ["clients/connect/", "services/event-line.ts", "generated/"] },
  // Pure but for asking which nginx is there: files out of values.
  { in: "clients/site/", may: ["clients/nginx/", "services/nearest.ts"] },
  // Pure: systemd's units out of values.
  { in: "clients/service/", may: ["clients/nginx/"] },
  // `serve` alone starts the services: nothing else of the command line knows them.
  {
    in: "clients/cli/serve",
    may: ["clients/cli/", "clients/connect/", "services/", "generated/"],
    notIn: [
      "services/ca/authority/",
      "services/ca/grpc/",
      "services/ca/store/",
      "services/ca/workflows/",
      "services/ca/keys/",
      "services/ca/publication/",
    ],
  },
  {
    in: "clients/cli/",
    may: [
      "clients/connect/",
      "clients/nginx/options.ts",
      "clients/service/",
      "clients/site/",
      "generated/",
      "services/enrollment/bundle/",
      "services/config.ts",
      "services/interfaces.ts",
      "services/settings.ts",
      "services/settings/",
      "services/nearest.ts",
    ],
  },
];

const IMPORT = /(?:^|[\s;])(?:import|export)\s[^"';]*?from\s*"(\.[^"]+)"|\bimport\(\s*"(\.[^"]+)"\s*\)|^import\s+"(\.[^"]+)"/gm;

/** Answers a line for every import that no rule allows. */
export function checkImports(root) {
  const files = ["services", "clients"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(folder, name)),
  );
  return files.flatMap((file) => {
    const rule = RULES.find((one) => file.startsWith(one.in));
    return importsOf(root, file)
      .filter((target) => !isAllowed(rule, file, target))
      .map((target) => `${file} imports ${target}`);
  });
}

function importsOf(root, file) {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(IMPORT)].map(([, from, dynamic, bare]) =>
    relative(root, resolve(root, dirname(file), from ?? dynamic ?? bare)).replace(/\.js$/, ".ts"),
  );
}

function isAllowed(rule, file, target) {
  if (rule === undefined) return false;
  if (rule.notIn?.some((folder) => target.startsWith(folder))) return false;
  const own = rule.in.endsWith("/") ? rule.in : `${dirname(file)}/`;
  if (target.startsWith(own) && !(own === "services/" || own === "services/ca/")) return !isForeignMain(file, target);
  return rule.may.some((allowed) => target.startsWith(allowed));
}

/** A main.ts is imported by `serve` alone. */
function isForeignMain(file, target) {
  return target.endsWith("/main.ts") && !file.startsWith("clients/cli/serve");
}
