import { homedir } from "node:os";
import { join } from "node:path";
import type { DeviceStore, Installation, Step } from "./step.js";

/**
 * This user's login keychain, where Safari and Chrome look. `security` takes the bundle's passphrase in its arguments or from a window: here the
 * window asks for it, so that a person must be at the screen (over SSH it does not work). Trusting the root asks for the user's own password.
 */
export function macosStore(keychain = join(homedir(), "Library", "Keychains", "login.keychain-db")): DeviceStore {
  return {
    name: "the login keychain",
    format: "pkcs12-compatible",
    prepare: async () => {},
    steps: (installation) => macosSteps(keychain, installation),
    next: "Windows of the system have asked for the passphrase and for your own password. Restart the browser; Firefox has a store of its own: import bundle.p12 there (--out FOLDER --format pkcs12).",
  };
}

export function macosSteps(keychain: string, { bundle, root }: Installation): readonly Step[] {
  const trust =
    root === undefined ? [] : [{ program: "security", args: ["add-trusted-cert", "-r", "trustRoot", "-p", "ssl", "-k", keychain, root] }];
  return [{ program: "security", args: ["import", bundle, "-f", "pkcs12", "-k", keychain] }, ...trust];
}
