import { macosStore } from "./macos.js";
import { nssStore } from "./nss.js";
import type { DeviceStore } from "./step.js";
import { windowsStore } from "./windows.js";

/** Where this system's browsers look; or the NSS database that is named, on any system. */
export function storeOf(platform: NodeJS.Platform, nssDatabase: string | undefined): DeviceStore {
  if (nssDatabase !== undefined) return nssStore(nssDatabase);
  if (platform === "darwin") return macosStore();
  if (platform === "win32") return windowsStore();
  return nssStore(undefined);
}
