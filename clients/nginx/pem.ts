const LINE = 64;

export function toPem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der).toString("base64");
  const lines: string[] = [];
  for (let at = 0; at < base64.length; at += LINE) lines.push(base64.slice(at, at + LINE));
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** The one block of this label. Throws an Error when there is none, or more than one. */
export function fromPem(label: string, pem: string): Buffer {
  const begin = `-----BEGIN ${label}-----`;
  const end = `-----END ${label}-----`;
  const [before, body, more] = pem.split(begin);
  if (before === undefined || body === undefined || more !== undefined || !body.includes(end))
    throw new Error(`not one PEM block "${label}"`);
  return Buffer.from(body.slice(0, body.indexOf(end)), "base64");
}
