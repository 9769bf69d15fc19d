import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate that nobody vouches for, made by openssl; for this host, or for these names. */
export function selfSigned(names = "IP:127.0.0.1,DNS:localhost", days = 30): { readonly cert: string; readonly key: string } {
  const folder = mkdtempSync(join(tmpdir(), "latchkey-self-signed-"));
  try {
    const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    const named = ["-days", String(days), "-subj", "/CN=a receiver", "-addext", `subjectAltName=${names}`];
    execFileSync(
      "openssl",
      ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", cert, ...named],
      { stdio: "ignore" },
    );
    return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
