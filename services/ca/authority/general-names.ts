import { addressOctets, formatAddress } from "./address.js";
import { DerError } from "./der/error.js";
import type { DerReader } from "./der/reader.js";
import { contextConstructed, contextPrimitive, TAG } from "./der/tag.js";
import { element, sequence } from "./der/writer.js";
import type { Der } from "./types.js";

/** The CHOICE numbers of GeneralName (RFC 5280 §4.2.1.6). */
const RFC822_NAME = contextPrimitive(1);
const DNS_NAME = contextPrimitive(2);
const URI = contextPrimitive(6);
const IP_ADDRESS = contextPrimitive(7);
const OTHER_KINDS: ReadonlySet<number> = new Set([
  contextConstructed(0), // otherName
  RFC822_NAME,
  contextConstructed(3), // x400Address
  contextConstructed(4), // directoryName
  contextConstructed(5), // ediPartyName
  contextPrimitive(8), // registeredID
]);

/** The names of a subjectAltName that Latchkey knows; `others` says whether there are any of another kind. */
export interface GeneralNames {
  readonly dns: readonly string[];
  readonly addresses: readonly string[];
  readonly uris: readonly string[];
  readonly others: boolean;
}

/** GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName: URIs, then DNS names, then addresses. */
export function encodeGeneralNames(names: Partial<Omit<GeneralNames, "others">>): Der {
  return sequence(
    ...(names.uris ?? []).map((uri) => element(URI, ia5(uri))),
    ...(names.dns ?? []).map((name) => element(DNS_NAME, ia5(name))),
    ...(names.addresses ?? []).map((address) => element(IP_ADDRESS, addressOctets(address))),
  );
}

/** Reads the GeneralNames that come next. Throws DerError. */
export function readGeneralNames(from: DerReader): GeneralNames {
  const names = { dns: [] as string[], addresses: [] as string[], uris: [] as string[], others: false };
  const list = from.inside(TAG.SEQUENCE);
  if (list.atEnd) throw new DerError("an empty list of names");
  while (!list.atEnd) {
    const { tag, content } = list.any();
    if (tag === DNS_NAME) names.dns.push(readIa5(content));
    else if (tag === URI) names.uris.push(readIa5(content));
    else if (tag === IP_ADDRESS) names.addresses.push(readAddress(content));
    else if (OTHER_KINDS.has(tag)) names.others = true;
    else throw new DerError("a name of a kind that does not exist");
  }
  return names;
}

function ia5(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

/** Printable ASCII alone: a NUL or a line end in a name has fooled many a verifier. */
function readIa5(content: Uint8Array): string {
  if (content.length === 0 || content.some((octet) => octet <= 0x20 || octet >= 0x7f))
    throw new DerError("a name with octets that don't belong there");
  return Buffer.from(content).toString("latin1");
}

function readAddress(content: Uint8Array): string {
  if (content.length !== 4 && content.length !== 16) throw new DerError("an address that is neither 4 nor 16 octets long");
  return formatAddress(content);
}
