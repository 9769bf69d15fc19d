import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** What OpenSSL says of a signed profile with this root alone: what it holds, and by whom it is signed. Throws if it refuses it. */
export async function openSignedProfile(profile: Buffer, root: string): Promise<{ content: string; signer: X509Certificate }> {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-profile-"));
  const [signed, anchor, signer] = [join(folder, "signed.mobileconfig"), join(folder, "root.pem"), join(folder, "signer.pem")];
  try {
    await writeFile(signed, profile);
    await writeFile(anchor, root);
    // `any`: the certificate is one of `servers`, and OpenSSL would look for e-mail's purpose.
    const verify = ["cms", "-verify", "-inform", "DER", "-in", signed, "-CAfile", anchor, "-purpose", "any", "-signer", signer];
    const { stdout } = await promisify(execFile)("openssl", verify);
    return { content: stdout, signer: new X509Certificate(await readFile(signer)) };
  } finally {
    await rm(folder, { recursive: true });
  }
}
