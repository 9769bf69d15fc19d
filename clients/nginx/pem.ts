const LINE = 64;

export function toPem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der).toString("base64");
  const lines: string[] = [];
  for (let at = 0; at < base64.length; at += LINE) lines.push(base64.slice(at, at + LINE));
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** The blocks of this label, in their order. Throws an Error when there is none, or one has no end. */
export function fromPem(label: string, pem: string): [Buffer, ...Buffer[]] {
  const end = `-----END ${label}-----`;
  const [, ...bodies] = pem.split(`-----BEGIN ${label}-----`);
  const [first, ...others] = bodies.map((body) => {
    if (!body.includes(end)) throw new Error(`a PEM block "${label}" that has no end`);
    return Buffer.from(body.slice(0, body.indexOf(end)), "base64");
  });
  if (first === undefined) throw new Error(`no PEM block "${label}"`);
  return [first, ...others];
}
