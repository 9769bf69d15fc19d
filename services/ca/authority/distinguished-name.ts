import { DerError } from "./der/error.js";
import type { DerReader } from "./der/reader.js";
import { TAG } from "./der/tag.js";
import { objectIdentifier, sequence, setOfOne, utf8String } from "./der/writer.js";
import { OID } from "./object-identifiers.js";
import type { Der } from "./types.js";

/** One attribute of a distinguished name (RFC 5280 §4.1.2.4): its type, dotted, and its text. */
export interface NameAttribute {
  readonly type: string;
  readonly value: string;
}

const COMMON_NAME_TYPE = objectIdentifier(OID.commonName);
const ORGANIZATION_NAME_TYPE = objectIdentifier(OID.organizationName);
const USER_ID_TYPE = objectIdentifier(OID.userId);

/** What stands in the names that Latchkey writes. */
export interface NameParts {
  readonly commonName?: string | undefined;
  readonly organizationName?: string | undefined;
  readonly userId?: string | undefined;
}

/** Name ::= RDNSequence; each RelativeDistinguishedName holds one attribute. Empty without any. */
export function encodeName(names: NameParts): Der {
  const relativeNames = [];
  if (names.commonName !== undefined) relativeNames.push(setOfOne(sequence(COMMON_NAME_TYPE, utf8String(names.commonName))));
  if (names.organizationName !== undefined)
    relativeNames.push(setOfOne(sequence(ORGANIZATION_NAME_TYPE, utf8String(names.organizationName))));
  if (names.userId !== undefined) relativeNames.push(setOfOne(sequence(USER_ID_TYPE, utf8String(names.userId))));
  return sequence(...relativeNames);
}

/** Reads the Name that comes next. Throws DerError. */
export function readName(from: DerReader): NameAttribute[] {
  const attributes: NameAttribute[] = [];
  const relativeNames = from.inside(TAG.SEQUENCE);
  while (!relativeNames.atEnd) {
    const relativeName = relativeNames.inside(TAG.SET);
    if (relativeName.atEnd) throw new DerError("an empty RelativeDistinguishedName");
    while (!relativeName.atEnd) attributes.push(readAttribute(relativeName.inside(TAG.SEQUENCE)));
  }
  return attributes;
}

function readAttribute(from: DerReader): NameAttribute {
  const type = from.oid();
  const { tag, content } = from.any();
  from.end();
  return { type, value: decodeDirectoryString(tag, content) };
}

/** DirectoryString and IA5String. Other types are kept as what they are not: text; the profile refuses their attributes anyway. */
function decodeDirectoryString(tag: number, content: Uint8Array): string {
  switch (tag) {
    case TAG.UTF8_STRING:
      return decodeUtf8(content);
    case TAG.PRINTABLE_STRING:
    case TAG.IA5_STRING:
      if (content.some((octet) => octet >= 0x80)) throw new DerError("a name with octets that its string type forbids");
      return Buffer.from(content).toString("latin1");
    case TAG.TELETEX_STRING:
      return Buffer.from(content).toString("latin1");
    case TAG.BMP_STRING:
      if (content.length % 2 !== 0) throw new DerError("a BMPString of an odd length");
      return Buffer.from(content).swap16().toString("utf16le");
    default:
      return `#${Buffer.from(content).toString("hex")}`;
  }
}

function decodeUtf8(content: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw new DerError("a UTF8String that is not UTF-8");
  }
}
