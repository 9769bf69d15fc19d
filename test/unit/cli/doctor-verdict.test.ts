import assert from "node:assert/strict";
import { test } from "node:test";
import { type Verdict, verdictOf } from "../../../clients/cli/doctor/door/verdict.js";

const nginx = (what: string) =>
  `<html>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n<center>${what}</center>\r\n<hr><center>nginx/1.22.1</center>`;

const ANSWERS: readonly { readonly name: string; readonly status: number; readonly body: string; readonly verdict: Verdict }[] = [
  { name: "nginx, without a certificate", status: 400, body: nginx("No required SSL certificate was sent"), verdict: "refused" },
  { name: "nginx, with a bad one", status: 400, body: nginx("The SSL certificate error"), verdict: "refused" },
  { name: "nginx, with a page of the owner's own", status: 400, body: "<h1>Ask Anna for an invitation.</h1>", verdict: "refused" },
  { name: "nginx, where the handshake named another", status: 421, body: nginx("421 Misdirected Request"), verdict: "refused" },
  {
    name: "nginx, by `deny all`",
    status: 403,
    body: "<center><h1>403 Forbidden</h1></center>\r\n<hr><center>nginx</center>",
    verdict: "refused",
  },
  { name: "a connection that was ended", status: 0, body: "socket hang up", verdict: "ended" },
  { name: "Home Assistant, by a proxy that it does not know", status: 400, body: "400: Bad Request", verdict: "distrusted" },
  { name: "the same in one chunk", status: 400, body: "10\r\n400: Bad Request\r\n0\r\n\r\n", verdict: "distrusted" },
  { name: "Home Assistant, to an address that it has banned", status: 403, body: "403: Forbidden", verdict: "in" },
  { name: "nginx, with nobody behind it", status: 502, body: nginx("502 Bad Gateway"), verdict: "broken" },
  { name: "a page", status: 200, body: "home\n", verdict: "in" },
  { name: "a login", status: 401, body: "", verdict: "in" },
  { name: "a page that is not there", status: 404, body: "404: Not Found", verdict: "in" },
];

for (const { name, status, body, verdict } of ANSWERS) {
  test(`who has answered: ${name}`, () => {
    assert.equal(verdictOf({ status, body }), verdict);
  });
}
