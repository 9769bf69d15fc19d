import * as asn1js from "asn1js";

const COMMON_NAME = "2.5.4.3";

/** The common name of a certificate's subject (RFC 5280 §4.1.2.6), to be shown to a person; undefined if it has none. */
export function commonNameOf(certificate: Uint8Array): string | undefined {
  const [tbs] = elements(asn1js.fromBER(new Uint8Array(certificate).buffer).result);
  // TBSCertificate ::= SEQUENCE { [0] version, serialNumber, signature, issuer, validity, subject, … }
  const subject = elements(tbs)[5];
  for (const attribute of elements(subject).flatMap(elements)) {
    const [type, value] = elements(attribute);
    if (type instanceof asn1js.ObjectIdentifier && type.getValue() === COMMON_NAME && value instanceof asn1js.BaseStringBlock)
      return value.getValue();
  }
  return undefined;
}

function elements(value: asn1js.AsnType | undefined): readonly asn1js.AsnType[] {
  return value instanceof asn1js.Constructed ? value.valueBlock.value : [];
}
