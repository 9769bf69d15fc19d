import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium } from "playwright-core";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** Where Debian's Chromium looks for what an administrator has decided. */
const POLICIES = "/etc/chromium/policies/managed";

/** A real Chromium with a home, and so a certificate store (NSS), of its own. */
export interface TestBrowser {
  readonly context: BrowserContext;
  /** Installs a PKCS#12 file as a person would. */
  importBundle(file: string, passphrase: string): void;
  /** Trusts a root for websites. */
  trustRoot(pem: string): void;
  close(): Promise<void>;
}

export async function startChromium(
  options: Parameters<typeof chromium.launchPersistentContext>[1] = {},
  home = newHome(),
): Promise<TestBrowser> {
  const database = `sql:${join(home, ".pki", "nssdb")}`;
  const context = await chromium.launchPersistentContext(join(home, "profile"), {
    executablePath: "/usr/bin/chromium",
    headless: true,
    args: ARGUMENTS,
    env: { PATH: process.env.PATH ?? "", HOME: home },
    ...options,
  });
  return {
    context,
    importBundle: (file, passphrase) => {
      // pk12util reads the passphrase from a file: arguments are for all to see.
      const words = join(home, "passphrase");
      writeFileSync(words, passphrase, { mode: 0o600 });
      execFileSync("pk12util", ["-i", file, "-d", database, "-w", words, "-K", ""], { stdio: "pipe" });
    },
    trustRoot: (pem) => void execFileSync("certutil", ["-d", database, "-A", "-t", "C,,", "-n", "house"], { input: pem, stdio: "pipe" }),
    close: async () => {
      await context.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** One browser for many devices: each has a context of its own, but no certificate store. It starts once, which is what costs. */
export async function launchChromium(): Promise<Browser> {
  return await chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: ARGUMENTS });
}

/** A home with an empty certificate store. */
export function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), "latchkey-home-"));
  const folder = join(home, ".pki", "nssdb");
  mkdirSync(folder, { recursive: true });
  execFileSync("certutil", ["-d", `sql:${folder}`, "-N", "--empty-password"]);
  return home;
}

/** Lets Chromium choose the certificate for these addresses by itself: a person would click it. Answers how to undo it. */
export function chooseCertificateFor(...origins: readonly string[]): () => void {
  const file = join(POLICIES, `latchkey-test-${process.pid}.json`);
  mkdirSync(POLICIES, { recursive: true });
  writeFileSync(file, JSON.stringify({ AutoSelectCertificateForUrls: origins.map((pattern) => JSON.stringify({ pattern, filter: {} })) }));
  return () => rmSync(file, { force: true });
}
