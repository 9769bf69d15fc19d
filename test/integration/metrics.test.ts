import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { call, connect } from "../../clients/connect/connect.js";
import {
  HoldCertificateRequest,
  IssueCertificateRequest,
  ReleaseCertificateRequest,
  RevokeCertificateRequest,
} from "../../generated/latchkey/v1/certificate_service.js";
import { ReportEnforcementRequest, WatchCrlRequest, type WatchCrlResponse } from "../../generated/latchkey/v1/publication_service.js";
import { createReaderCheck } from "../../services/ca/publication/metrics.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { ALL_OF_THE_HOOK } from "../support/hook-metrics.js";
import { until } from "../support/nginx.js";
import { createOperator, issueDevice } from "../support/operator.js";

/** The CA's own metrics on its publication port: what they count, who reads them, and what is made of them. */

const docs = (name: string) => fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url));
let world: TestAuthority;

before(async () => {
  world = await startTestAuthority({ http: { listen: "127.0.0.1:0", metrics: ["127.0.0.0/8"] } });
});
after(() => world.stop());

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

function ask(headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  const [host = "", port = ""] = world.ca.http.split(":");
  return new Promise((resolve, reject) => {
    request({ host, port, path: "/metrics", method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers["content-type"] ?? "",
          body: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    })
      .once("error", reject)
      .end();
  });
}

const scrape = async () => (await ask()).body;
/** A sample's value by its name with its labels, as they stand. */
const sample = (page: string, name: string) => {
  const line = page.split("\n").find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
};

const selector = { selected: { $case: "deviceName" as const, value: "anna's phone" } };

test("what is issued, held, released, revoked, refused and asked by OCSP is counted, once", async () => {
  const { certificates } = world.connection;
  const earlier = await scrape();
  const { serialNumber } = await issueDevice(world.connection, "anna's phone");
  await call(certificates, "holdCertificate", HoldCertificateRequest.create({ selector }));
  await call(certificates, "releaseCertificate", ReleaseCertificateRequest.create({ selector }));
  await call(certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector }));
  // Again: it is revoked already.
  await call(certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector })).catch(() => {});
  await assert.rejects(call(certificates, "issueCertificate", IssueCertificateRequest.create({ csr: Buffer.of(1), deviceName: "x" })));
  await fetch(`http://${world.ca.http}/ocsp`, {
    method: "POST",
    body: "nonsense",
    headers: { "Content-Type": "application/ocsp-request" },
  });

  const page = await scrape();
  const grown = (name: string) => (sample(page, name) ?? 0) - (sample(earlier, name) ?? 0);
  assert.equal(grown('latchkey_certificates_issued_total{profile="device"}'), 1);
  assert.equal(grown('latchkey_certificates_held_total{authority="devices"}'), 1);
  assert.equal(grown('latchkey_certificates_released_total{authority="devices"}'), 1);
  assert.equal(grown('latchkey_certificates_revoked_total{authority="devices"}'), 1);
  assert.equal(grown('latchkey_certificates_revoked_total{authority="operators"}'), 0);
  assert.equal(grown('latchkey_refusals_total{reason="CSR_MALFORMED"}'), 1);
  assert.equal(grown('latchkey_events_total{event="certificate.refused"}'), 1);
  assert.equal(grown('latchkey_ocsp_response_duration_seconds_count{status="malformedRequest"}'), 1);
  assert.equal(grown('latchkey_grpc_call_duration_seconds_count{method="/latchkey.v1.CertificateService/IssueCertificate"}'), 2);
  assert.equal(grown('latchkey_crls_signed_total{authority="devices"}'), 3);
  assert.equal(grown('latchkey_crl_publication_duration_seconds_count{authority="devices"}'), 3);
  assert.equal(grown('latchkey_crl_entries{authority="devices"}'), 1);
  // A certificate and three CRLs; none is under way any more.
  assert.equal(grown('latchkey_signature_duration_seconds_count{authority="devices"}'), 4);
  assert.equal(sample(page, 'latchkey_signatures_in_progress{authority="devices"}'), 0);
  assert.equal(sample(page, 'latchkey_crl_publications_in_progress{authority="devices"}'), 0);
  assert.ok(grown("latchkey_store_commits_total") >= 4);
  assert.equal(grown("latchkey_store_commit_transactions_count"), grown("latchkey_store_commits_total"));
  const crl = await (await fetch(`http://${world.ca.http}/crl/devices.crl`)).arrayBuffer();
  assert.equal(sample(page, 'latchkey_crl_size_bytes{authority="devices"}'), crl.byteLength);
  assert.doesNotMatch(page, new RegExp(`anna|${serialNumber}`, "i"), "no device is named");
});

test("a hook lags from the CRL that it does not enforce until it says that it does", async () => {
  const hook = connect(await createOperator(world, "front door", "nginx"));
  const stream = hook.publication.watchCrl(WatchCrlRequest.create({ authority: "devices" }));
  stream.on("error", () => {});
  const crlNumber = await new Promise<string>((resolve) => {
    stream.on("data", ({ frame }: WatchCrlResponse) => {
      if (frame?.frame?.$case === "header") resolve(frame.frame.value.crlNumber);
    });
  });
  const lag = 'latchkey_subscriber_lag_seconds{subscriber="front door"}';
  try {
    const behind = await scrape();
    assert.ok((sample(behind, lag) ?? 0) > 0);
    assert.equal(sample(behind, 'latchkey_subscriber_connected{subscriber="front door"}'), 1);
    assert.equal(sample(behind, 'latchkey_grpc_streams{method="/latchkey.v1.PublicationService/WatchCrl"}'), 1);
    // It says so twice: it has become so once.
    for (let times = 0; times < 2; times++) {
      await call(hook.publication, "reportEnforcement", ReportEnforcementRequest.create({ crlNumber }));
      const enforced = await scrape();
      assert.equal(sample(enforced, lag), 0);
      assert.equal(sample(enforced, "latchkey_enforcement_duration_seconds_count"), 1);
    }
  } finally {
    stream.cancel();
    hook.close();
  }
  const gone = async () => sample(await scrape(), 'latchkey_grpc_streams{method="/latchkey.v1.PublicationService/WatchCrl"}') === 0;
  await until(gone, "the stream is not counted any more");
});

test("only who is named reads them, and through no proxy; to all others there is no such path", async () => {
  const nowhere = await (await fetch(`http://${world.ca.http}/nothing`)).text();
  for (const header of ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"]) {
    const refused = await ask({ [header]: "127.0.0.1" });
    assert.deepEqual([refused.status, refused.body], [404, nowhere], header);
  }
  assert.equal((await ask({}, "POST")).status, 405);
  const head = await ask({}, "HEAD");
  assert.deepEqual([head.status, head.body], [200, ""]);

  const request = (remoteAddress: string | undefined) => ({ headers: {}, socket: { remoteAddress } }) as IncomingMessage;
  const mayRead = createReaderCheck(["192.168.1.0/24", "10.0.0.7", "fd00::/8"]);
  for (const address of ["192.168.1.9", "::ffff:192.168.1.9", "10.0.0.7", "fd00::1"]) assert.ok(mayRead(request(address)), address);
  for (const address of ["192.168.2.9", "::ffff:192.168.2.9", "10.0.0.8", "127.0.0.1", "::1", "fe80::1%eth0", "", undefined])
    assert.ok(!mayRead(request(address)), address);
  assert.ok(!createReaderCheck([])(request("127.0.0.1")), "nobody by default");
});

test("Prometheus gets the format that it asks for", async () => {
  assert.equal((await ask()).type, "text/plain; version=0.0.4; charset=utf-8");
  for (let times = 0; times < 2; times++) {
    const open = await ask({ Accept: "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5" });
    assert.equal(open.type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert.match(open.body, /# TYPE latchkey_certificates_issued counter\n/);
    assert.match(open.body, /\n# EOF\n$/);
  }
});

const namesIn = (page: string) => [...page.matchAll(/^# TYPE (\S+)/gm)].map(([, name = ""]) => name);
/** Of what an expression asks for, without what a histogram's samples end with. */
const askedBy = (text: string) =>
  [...text.matchAll(/\b(?:latchkey|nodejs|process)_\w+/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, ""));

test("the page of the documents lists every metric of the CA, and no other", async () => {
  const told = [...readFileSync(docs("monitoring.md"), "utf8").matchAll(/^\| `(latchkey_\w+)`/gm)].map(([, name = ""]) => name);
  const there = namesIn(await scrape()).filter((name) => name.startsWith("latchkey_"));
  assert.deepEqual(told.filter((name) => !name.startsWith("latchkey_nginx_")).toSorted(), there.toSorted());
});

test("the rules and the dashboard ask for metrics that there are", async () => {
  const there = new Set([...namesIn(await scrape()), ...namesIn(ALL_OF_THE_HOOK)]);
  const { groups } = parse(readFileSync(docs("prometheus.rules.yml"), "utf8")) as {
    groups: { rules: { alert: string; expr: string }[] }[];
  };
  const dashboard = JSON.parse(readFileSync(docs("grafana-dashboard.json"), "utf8")) as { panels: { targets: { expr: string }[] }[] };
  const rules = groups.flatMap((group) => group.rules);
  const expressions = [...rules, ...dashboard.panels.flatMap(({ targets }) => targets)].map(({ expr }) => expr);
  const asked = expressions.flatMap(askedBy);
  assert.ok(rules.length > 10 && asked.length > 40);
  for (const name of asked) assert.ok(there.has(name), name);
  const codes = new Set(readFileSync(docs("errors.md"), "utf8").match(/\b[A-Z][A-Z_]{5,}\b/g));
  for (const code of expressions.flatMap((expr) => expr.match(/\b[A-Z]+_[A-Z_]+\b/g) ?? [])) assert.ok(codes.has(code), code);
});

test("promtool takes the metrics and the rules", async () => {
  execFileSync("promtool", ["check", "rules", docs("prometheus.rules.yml")]);
  const { stderr, status } = spawnSync("promtool", ["check", "metrics"], { input: await scrape(), encoding: "utf8" });
  // Of Node's own metrics, whose names are the library's, nothing is said.
  const problems = stderr.split("\n").filter((line) => line.startsWith("latchkey_"));
  assert.deepEqual(problems, []);
  assert.ok(status === 0 || status === 3, stderr);
});
