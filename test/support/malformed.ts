import type { Asking } from "./phone.js";

export interface Malformed {
  readonly path: string;
  readonly asking: Asking;
}

const JSON_TYPE = { "Content-Type": "application/json" };
const FORM_TYPE = { "Content-Type": "application/x-www-form-urlencoded" };

export function post(path: string, body: string | Buffer, headers: Readonly<Record<string, string>> = JSON_TYPE): Malformed {
  return { path, asking: { method: "POST", headers, body } };
}

export const postForm = (path: string, body: string) => post(path, body, FORM_TYPE);

/** What is too large for an API that takes a wish in JSON, or is not what it says. `field`: one that the wish can't be without, a text. */
export function malformedWishes(path: string, wish: Readonly<Record<string, unknown>>, field: string): readonly Malformed[] {
  const value = wish[field];
  const big = "x".repeat(5_000_000);
  const withField = (other: unknown) => post(path, JSON.stringify({ ...wish, [field]: other }));
  const good = JSON.stringify(wish);
  return [
    post(path, big),
    withField(big),
    post(path, "[".repeat(90_000)),
    post(path, `{"${field}":`.repeat(9_000)),
    post(path, JSON.stringify([value])),
    post(path, JSON.stringify([wish])),
    post(path, JSON.stringify(value)),
    post(path, "null"),
    post(path, "true"),
    post(path, "1e999"),
    post(path, ""),
    post(path, "{}"),
    post(path, `${good}${good}`),
    post(path, good.slice(0, -1)),
    post(path, `\ufeff${good.slice(1)}`),
    post(path, `{"${field}":{"__proto__":{"${field}":"x"}}}`),
    post(path, `{"__proto__":${good}}`),
    post(path, `{"constructor":{"prototype":${good}}}`),
    withField([value]),
    withField({ toString: value }),
    withField({ length: 22 }),
    withField(null),
    withField(false),
    withField(12),
    withField(""),
    withField("\0"),
    withField("\ud800"),
    post(path, Buffer.from([0xff, 0xfe, 0x00, 0x80])),
    post(path, Buffer.from(good, "utf16le")),
    post(path, good, { "Content-Type": "application/json; charset=utf-7" }),
    post(path, good, { ...JSON_TYPE, "Content-Encoding": "gzip" }),
    post(path, good, { ...JSON_TYPE, "Content-Encoding": "br" }),
    post(path, good, { "Content-Type": "text/plain" }),
    post(path, good, { "Content-Type": "application/json-patch+json" }),
    post(path, good, { "Content-Type": "multipart/form-data; boundary=x" }),
    post(path, good, {}),
    postForm(path, `${field}=${value}`),
    ...["GET", "PUT", "PATCH", "DELETE"].map((method) => ({ path, asking: { method, headers: JSON_TYPE, body: good } })),
  ];
}

/** Methods and targets that no page here knows. `page`: one that there is. */
export function malformedTargets(page: string): readonly Malformed[] {
  return [
    ...["TRACE", "OPTIONS", "PUT", "PATCH", "DELETE", "PROPFIND"].map((method) => ({ path: page, asking: { method } })),
    ...[
      "/i/%00",
      "/i/%E0%A4%A",
      "/i/..%2f..%2fetc%2fpasswd",
      "/d/..%2f..%2fpackage.json",
      "/assets/..%2f..%2f..%2fpackage.json",
      "/assets/../../package.json",
      "/.git/config",
      "/package.json",
      "/%2e%2e/%2e%2e/etc/passwd",
      "//evil.example/%2f..",
      `/${"a".repeat(12_000)}`,
    ].map((path) => ({ path, asking: {} })),
    { path: "/healthz", asking: { headers: { "X-Long": "y".repeat(40_000) } } },
    { path: "/healthz", asking: { headers: Object.fromEntries(Array.from({ length: 3_000 }, (_, at) => [`X-${at}`, "y"])) } },
  ];
}
