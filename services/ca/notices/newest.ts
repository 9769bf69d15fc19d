import type { CertificateRecord } from "../authority/types.js";
import type { Store } from "../store/store.js";

/** Is this the newest valid certificate that its device has? One that was renewed, held or revoked is not. */
export async function isNewest(store: Store, { serialNumber, deviceName }: CertificateRecord, at: Date): Promise<boolean> {
  const query = { authority: "devices", status: "valid", deviceName: { text: deviceName, match: "exact" }, at } as const;
  const { items } = await store.listCertificates(query, { size: 1, token: "" });
  return items[0]?.serialNumber === serialNumber;
}
