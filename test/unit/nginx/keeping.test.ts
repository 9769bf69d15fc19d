import assert from "node:assert/strict";
import { test } from "node:test";
import { isToBeKept } from "../../../clients/nginx/at-expiry.js";
import { renderConfiguration } from "../../../clients/nginx/configuration.js";
import { addsTo, type HeldSet } from "../../../clients/nginx/held-set.js";
import { revocationFiles } from "../../../clients/nginx/revocation-files.js";
import { SerialNumbers } from "../../../clients/nginx/serial-numbers.js";
import { auditKeeping, auditSettings } from "../../../clients/nginx/settings/audit.js";
import { parseDirectives } from "../../../clients/nginx/settings/directive.js";
import { readDump } from "../../../clients/nginx/settings/dump.js";
import { DIR, DOOR, dumpOf, read } from "./settings-world.js";

/** These, each the content octets of an INTEGER, as a CRL has them. */
function crlOf(number: bigint, ...serials: string[]) {
  const octets = Buffer.concat(serials.map((hex) => Buffer.from(`${(hex.length / 2).toString(16).padStart(2, "0")}${hex}`, "hex")));
  const serialNumbers = new SerialNumbers(octets, serials.length);
  let at = 1;
  for (const hex of serials) {
    serialNumbers.add(at);
    at += hex.length / 2 + 1;
  }
  return { crl: { number, serialNumbers } as HeldSet["crl"], adopted: [] };
}

const CA = { raw: Buffer.from("a CA") } as HeldSet["adopted"][number]["ca"];
const SERIALS = ["0a1b2c3d4e5f60718293a4b5c6d7e8f901020304", "008b1b2c3d", "00ab", "07"];
const IN_FORCE = revocationFiles(DIR, crlOf(7n, ...SERIALS), false);
const KEPT = revocationFiles(DIR, crlOf(7n, ...SERIALS), true);

test("the list has every serial number as nginx writes it: two digits an octet, a zero before where there is one, no octet for the sign", () => {
  const [map] = parseDirectives(KEPT["latchkey-refused.conf"] ?? "", "list");
  assert.deepEqual(map?.args, ["$ssl_client_serial", "$latchkey_list"]);
  const entries = new Map(map?.entries?.map(({ name, args }) => [name, args]));
  assert.deepEqual([...entries.keys()].toSorted(), ["07", "0A1B2C3D4E5F60718293A4B5C6D7E8F901020304", "8B1B2C3D", "AB", "default"]);
  assert.deepEqual([entries.get("default"), entries.get("07")], [["7"], ["refused"]]);
});

test("while the CRL is in force, the list is there and empty, and the CRL is named; then only the list is", () => {
  assert.equal(IN_FORCE["latchkey-refused.conf"], "map $ssl_client_serial $latchkey_list {\n  default none;\n}\n");
  assert.equal(IN_FORCE["latchkey-crl.conf"], `ssl_crl "${DIR}/devices-crl.pem";\nif ($latchkey_list = refused) { return 495; }\n`);
  assert.doesNotMatch(KEPT["latchkey-crl.conf"] ?? "", /^ssl_crl/m);
  assert.match(KEPT["latchkey-crl.conf"] ?? "", /^if \(\$latchkey_list != 7\) \{ return 495; \}$/m);
  assert.match(KEPT["latchkey-status.conf"] ?? "", /return 200 "7 kept\\n";/);
});

test("of two sets of files nginx may have one of each: then nobody is let in by a list that is not the CRL's", () => {
  const next = revocationFiles(DIR, crlOf(8n, "09"), true);
  const asked = (files: typeof KEPT) => /if \(\$latchkey_list (!?=) (\w+)\)/.exec(files["latchkey-crl.conf"] ?? "")?.slice(1);
  const said = (files: typeof KEPT) => /default (\w+);/.exec(files["latchkey-refused.conf"] ?? "")?.[1];
  assert.deepEqual([IN_FORCE, KEPT, next].map(asked), [
    ["=", "refused"],
    ["!=", "7"],
    ["!=", "8"],
  ]);
  assert.deepEqual([IN_FORCE, KEPT, next].map(said), ["none", "7", "8"]);
});

test("a folder's name is read back as it is, whatever is in it", () => {
  const dir = String.raw`/srv/a "b" \c $d; e`;
  const [directive] = parseDirectives(revocationFiles(dir, crlOf(7n), false)["latchkey-crl.conf"] ?? "", "crl");
  assert.deepEqual(directive?.args, [`${dir}/devices-crl.pem`]);
});

test("ten minutes before the end, and where somebody has asked for it alone", () => {
  const nextUpdate = new Date("2026-12-26T12:00:00Z");
  const at = (minutes: number) => new Date(nextUpdate.getTime() + minutes * 60_000);
  for (const minutes of [-11, -9, 0, 1, 60 * 24 * 3_650]) {
    assert.equal(isToBeKept({ nextUpdate }, "keep-last-good", at(minutes)), minutes >= -10);
    assert.equal(isToBeKept({ nextUpdate }, "fail-closed", at(minutes)), false);
  }
});

/** A configuration with the hook's own files in their places; `before` stands in the server before them, `http` in http. */
function dump({
  kept = true,
  before = "",
  http = "",
  door = "",
  list = `include ${DIR}/latchkey-refused.conf;`,
  crl = `include ${DIR}/latchkey-crl.conf;`,
  block = "http",
}) {
  const server = DOOR.replace(/ssl_crl [^;]*;/, "");
  const files = kept ? KEPT : IN_FORCE;
  return dumpOf({
    "/etc/nginx/nginx.conf": `worker_shutdown_timeout 2s;\nevents { }\n${block} {\n${list}\n${http}\nserver { ${server} ${before}\n ${crl}\n ${door} }\n}\n`,
    ...(list === "" ? {} : { [`${DIR}/latchkey-refused.conf`]: files["latchkey-refused.conf"] ?? "" }),
    ...(!crl.startsWith("include") ? {} : { [`${DIR}/latchkey-crl.conf`]: files["latchkey-crl.conf"] ?? "" }),
  });
}

test("with the hook's files in their places there is no hole: neither with the CRL nor with its list", async () => {
  const ordinary = "location / { proxy_pass http://127.0.0.1:8123; proxy_set_header X-Serial $ssl_client_serial; } return 404;";
  const http = "map $ssl_client_serial $owner { default nobody; 0A anna; } log_format seen '$ssl_client_serial';";
  for (const kept of [true, false]) {
    const text = dump({ kept, door: ordinary, http });
    assert.deepEqual(await auditSettings(text, DIR, { cutsItself: false, kept, read }), []);
    assert.deepEqual(await auditKeeping(text, DIR, read), []);
  }
});

test("a server without ssl_crl is a hole all the same, when the hook has put no list in its place", async () => {
  const holes = await auditSettings(dump({}), DIR, { cutsItself: false, kept: false, read });
  assert.deepEqual(
    holes.map(({ code }) => code),
    ["CRL_MISSING"],
  );
});

for (const [what, changes] of Object.entries({
  "no list in the server": { crl: "" },
  "no list in http": { list: "" },
  "a return before the list": { before: "return 404;" },
  "an if before the list": { before: "if ($request_method = PUT) { return 200; }" },
  "a rewrite before the list": { before: "rewrite ^ /x last;" },
  "a variable set before the list": { before: 'set $ssl_client_serial "";' },
  "the list's variable, set before": { before: 'set $latchkey_list "";' },
  "the list's variable, captured by a name": { before: "server_name ~^(?<latchkey_list>x?);" },
  "the serial number, captured by a name": { before: "server_name ~^(?<ssl_client_serial>x?);" },
  "the serial number, captured in a map": { http: 'map $host $x { "~^(?<ssl_client_serial>.*)$" 1; }' },
  "another map of the list's variable": { http: 'map $host $latchkey_list { default ""; }' },
  "another map of the serial number": { http: "map $host $ssl_client_serial { default 0; }" },
  "the serial number by geo": { http: "geo $ssl_client_serial { default 0; }" },
  "the serial number by a script": { http: "js_set $ssl_client_serial m.f;" },
  "a refusal that is another's": { crl: "if ($latchkey_list != 7) { return 495; }" },
  "a server of stream": { block: "stream" },
})) {
  test(`${what}: the list does not stand in for the CRL`, async () => {
    const holes = await auditSettings(dump(changes), DIR, { cutsItself: false, kept: true, read });
    assert.ok(
      holes.some(({ code }) => code === "KEPT_LIST_BYPASSED"),
      JSON.stringify(holes),
    );
    for (const { remedy } of holes) assert.notEqual(remedy, "");
    for (const kept of [true, false])
      assert.notDeepEqual(await auditKeeping(dump({ ...changes, kept }), DIR, read), [], "and that is seen before");
  });
}

test("what config prints for it is as it should be, for every nginx, with a default server that asks for certificates, too", async () => {
  for (const version of ["nginx/1.18.0", "nginx/1.22.1", "nginx/1.30.6"]) {
    const { main, http } = renderConfiguration({
      version,
      dir: DIR,
      doors: [{ serverNames: ["home.example"], backend: "http://127.0.0.1:8123" }],
      listen: ["443"],
      statusPort: 8481,
      atExpiry: "keep-last-good",
    });
    const files = Object.fromEntries(
      ["latchkey-refused.conf", "latchkey-crl.conf", "latchkey-status.conf"].map((name) => [
        `${DIR}/${name}`,
        KEPT[name as keyof typeof KEPT] ?? "",
      ]),
    );
    const text = dumpOf({ "/etc/nginx/nginx.conf": `${main}\nevents { }\nhttp {\n${http}\n}\n`, ...files });
    assert.deepEqual(await auditSettings(text, DIR, { cutsItself: true, kept: true, read }), [], version);
    assert.deepEqual(await auditKeeping(text, DIR, read), [], version);
    assert.doesNotMatch(http, /ssl_crl/);
  }
});

test("a list of a hundred thousand is no burden at each look: its entries are not read as settings", () => {
  const { directives } = readDump(dump({}));
  const map = directives.find(({ name }) => name === "http")?.block?.find(({ name }) => name === "map");
  assert.deepEqual(
    map?.entries?.map(({ name }) => name),
    ["default"],
  );
});

test("the list is of every CA's revocations: nginx tells a certificate by its number alone", () => {
  const set = { ...crlOf(7n, "07"), adopted: [{ crl: crlOf(3n, "0a", "07").crl } as HeldSet["adopted"][number]] };
  const list = revocationFiles(DIR, set, true)["latchkey-refused.conf"] ?? "";
  assert.deepEqual(list.match(/^ {2}\w+ refused;$/gm), ["  07 refused;", "  0A refused;"]);
  assert.ok(addsTo(crlOf(7n, "07"), { ...crlOf(8n, "07"), adopted: [{ ca: CA, crl: crlOf(3n, "0a").crl }] }));
  assert.ok(
    !addsTo(
      { ...crlOf(7n, "07"), adopted: [{ ca: CA, crl: crlOf(3n, "0a").crl }] },
      { ...crlOf(8n), adopted: [{ ca: CA, crl: crlOf(4n, "0a").crl }] },
    ),
  );
  // A CA that is trusted no more refuses everybody that it has ever let in.
  assert.ok(addsTo({ ...crlOf(7n), adopted: [{ ca: CA, crl: crlOf(3n).crl }] }, crlOf(8n)));
});
