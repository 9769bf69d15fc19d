import type { DeviceStore, Installation, Step } from "./step.js";

/**
 * This user's certificate store, where Edge and Chrome look. `certutil -importpfx` would take the passphrase in its arguments: PowerShell's
 * Import-PfxCertificate gets it over standard input, and the file's name in a variable, which nothing has to quote. Windows asks in a window
 * whether the root is to be trusted.
 */
export function windowsStore(): DeviceStore {
  return {
    name: "this user's certificate store",
    format: "pkcs12-compatible",
    prepare: async () => {},
    steps: windowsSteps,
    next: "Restart the browser; Firefox has a store of its own: import bundle.p12 there (--out FOLDER --format pkcs12).",
  };
}

const IMPORT = [
  "$ErrorActionPreference = 'Stop'",
  "$secret = ConvertTo-SecureString -AsPlainText -Force -String ([Console]::In.ReadLine())",
  "Import-PfxCertificate -FilePath $env:LATCHKEY_BUNDLE -CertStoreLocation Cert:\\CurrentUser\\My -Password $secret | Out-Null",
].join("; ");

export function windowsSteps({ bundle, passphrase, root }: Installation): readonly Step[] {
  const trust = root === undefined ? [] : [{ program: "certutil.exe", args: ["-user", "-addstore", "Root", root] }];
  const powershell = {
    program: "powershell.exe",
    args: ["-NoProfile", "-NonInteractive", "-Command", IMPORT],
    input: `${passphrase}\n`,
    environment: { LATCHKEY_BUNDLE: bundle },
  };
  return [powershell, ...trust];
}
