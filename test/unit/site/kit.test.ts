import assert from "node:assert/strict";
import { test } from "node:test";
import { renderSite } from "../../../clients/site/render.js";
import { textOf } from "../../../clients/site/rendered-file.js";
import { fileOf, houseWith, KINDS } from "./world.js";

const SECRET = "geheim-0123";

test("every file begins with where it goes and how to undo it, in two lines that its reader passes over", () => {
  for (const kind of KINDS) {
    for (const file of renderSite(houseWith(kind, SECRET))) {
      const lines = textOf(file)
        .split("\n")
        .filter((line) => !line.startsWith("#!"));
      assert.match(lines[0] ?? "", /^[#;] Goes to: \S.+$/, file.path);
      assert.match(lines[1] ?? "", /^[#;] Undo: \S.+$/, file.path);
      assert.equal(lines[2], "", file.path);
    }
  }
});

test("a secret stands in files that say so, and in no other", () => {
  for (const kind of KINDS) {
    for (const file of renderSite(houseWith(kind, SECRET))) {
      assert.equal(textOf(file).includes(SECRET), file.secret === true, file.path);
      if (file.secret === true) assert.match(file.goesTo, /mode 0600/, file.path);
    }
  }
});

test("no two files of a kit have the same name", () => {
  for (const kind of KINDS) {
    const paths = renderSite(houseWith(kind, SECRET)).map(({ path }) => path);
    assert.equal(new Set(paths).size, paths.length);
  }
});

test("a house with IPv4 alone is told nothing of IPv6's addresses", () => {
  for (const kind of KINDS.filter((one) => !("dynamicDns" in one))) {
    const sites = [{ domain: "home.example.com", backend: "http://192.168.1.3:80" }];
    const site = {
      ...houseWith({ ...kind, nginx: { ...("nginx" in kind ? (kind.nginx as object) : {}), ipv6: false }, sites }),
      lan: { ipv4: "192.168.1.2" },
    };
    for (const file of renderSite(site)) assert.doesNotMatch(file.body, /2001:db8|ip6|\[::\]|family 'ipv6'/, file.path);
  }
});

test("words for a router that nobody knows name the ports and the address, and warn of the rest", () => {
  const text = fileOf(houseWith({ nginx: { httpsPort: 8443, httpPort: 8080 } }), "router/port-forwarding.txt");
  assert.match(text, /HTTPS {2}TCP, port 443 from outside, to 192\.168\.1\.2 port 8443\n/);
  assert.match(text, /HTTP {3}TCP, port 80 from outside, to 192\.168\.1\.2 port 8080\n/);
  assert.match(text, /TCP port 8443 to 2001:db8::2/);
  assert.match(text, /no "DMZ"/);
});
