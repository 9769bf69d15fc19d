import { randomBytes } from "node:crypto";
import type { Store } from "../store/store.js";

const DOCUMENT = "data-id";

/** Which data folder this is, wherever it is moved to or restored: the passphrase file bears it. Six octets in hex, made at the first look. */
export async function readDataId(store: Store): Promise<string> {
  const known = await store.getDocument(DOCUMENT);
  if (known !== undefined) return new TextDecoder().decode(known);
  const dataId = randomBytes(6).toString("hex");
  await store.putDocument(DOCUMENT, Buffer.from(dataId), {
    time: new Date(),
    event: "data.created",
    actor: "system",
    fields: { dataId },
  });
  return dataId;
}

export function isDataId(text: string): boolean {
  return /^[0-9a-f]{12}$/.test(text);
}
