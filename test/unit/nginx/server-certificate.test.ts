import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { needsServerCertificate } from "../../../clients/nginx/server-certificate.js";

const DAYS = 397;
const NAME = "home.example";
const certificate = execFileSync(
  "openssl",
  [
    ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout /dev/null -subj /".split(" "),
    ...["-days", String(DAYS), "-addext", `subjectAltName=DNS:${NAME}`],
  ],
  { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
);
/** An hour of the day, when this part of its life is over. */
const at = (part: number, hour: number) => {
  const date = new Date(Date.now() + part * DAYS * 24 * 3600_000);
  date.setHours(hour, 30);
  return date;
};

test("nginx's certificate is renewed at night, from two thirds of its life on, and not left for longer than five sixths", () => {
  const needs = (part: number, hour: number) => needsServerCertificate(certificate, [NAME], at(part, hour));
  assert.ok(!needs(0.6, 3) && !needs(0.6, 12));
  assert.ok(needs(0.7, 3) && !needs(0.7, 2) && !needs(0.7, 12));
  assert.ok(needs(0.85, 12));
});

test("for a name that it lacks, and where there is none that can be read, no night is waited for", () => {
  assert.ok(needsServerCertificate(certificate, [NAME, "office.example"], at(0.1, 12)));
  assert.ok(needsServerCertificate(undefined, [NAME], at(0.1, 12)));
  assert.ok(needsServerCertificate("damaged", [NAME], at(0.1, 12)));
});
