import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, mock, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { call, connect } from "../../clients/connect/connect.js";
import { requestServerCertificate } from "../../clients/connect/server-certificate.js";
import { ListCertificatesRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { CreateInvitationRequest } from "../../generated/latchkey/v1/invitation_service.js";
import { MOST_WRONG_PROOFS } from "../../services/ca/authority/invitation.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { createTestDevice, startWire, type TestDevice, type TestInvitation } from "../support/enroll-command.js";
import { startTestEnrollment, type TestEnrollment } from "../support/enrollment.js";
import { createOperator } from "../support/operator.js";
import { inFiles } from "../support/own-certificate.js";
import { openScreen, type TestScreen } from "../support/screen.js";
import type { Output } from "../support/serve.js";
import { LATCHKEY } from "../support/transcript.js";

let world: TestAuthority;
let house: TestEnrollment;
let device: TestDevice;
before(async () => {
  world = await startTestAuthority();
  house = await startTestEnrollment(world);
  device = createTestDevice(world, house);
});
after(async () => {
  await house.stop();
  await world.stop();
  await rm(device.home, { recursive: true, force: true });
});

const mode = (path: string) => statSync(path).mode & 0o777;
const folder = (name: string) => join(device.home, name);
const openssl = (...args: string[]) => execFileSync("openssl", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const certificatesOf = async (deviceName: string) => {
  const request = ListCertificatesRequest.create({ filter: `device_name = "${deviceName}"` });
  return (await call(world.connection.certificates, "listCertificates", request)).certificates;
};

function succeeded({ code, stdout, stderr }: Output): string {
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  return stdout;
}

/** Refused with this code (as `--json` names it) and exit code; answers the sentence. */
function refused({ code, stderr, stdout }: Output, wanted: string, exitCode: number): string {
  const lines = stderr.trim().split("\n");
  const failure = JSON.parse(lines.at(-1) ?? "{}") as { code: string; message: string };
  assert.deepEqual([failure.code, code, stdout], [wanted, exitCode, ""], stderr);
  return failure.message;
}

function tellsNoSecret(output: Output, { token, passphrase }: TestInvitation): void {
  for (const secret of [token, passphrase]) assert.ok(!`${output.stdout}${output.stderr}`.includes(secret));
}

/** The authority of `devices`, as its administrator gets it. */
async function devicesCa(): Promise<string> {
  const path = folder("devices.pem");
  succeeded(await device.latchkey(["ca", "devices", "--credential", world.ca.operatorFolder, "--out", path]));
  return path;
}

test("a server gets key, certificate and root as PEM: the key is its own, and OpenSSL takes the certificate for a client's", async () => {
  const invitation = await device.invite("NAS");
  const out = folder("nas");
  const output = await device.enroll(invitation, ["--out", out]);
  succeeded(output);
  tellsNoSecret(output, invitation);
  assert.deepEqual(readdirSync(out).toSorted(), ["certificate.pem", "key.pem", "root.pem"]);
  assert.deepEqual([mode(out), mode(join(out, "key.pem")), mode(join(out, "certificate.pem"))], [0o700, 0o600, 0o644]);
  const certificate = new X509Certificate(readFileSync(join(out, "certificate.pem")));
  assert.ok(certificate.checkPrivateKey(createPrivateKey(readFileSync(join(out, "key.pem")))));
  assert.match(certificate.subject, /CN=NAS/);
  assert.equal(readFileSync(join(out, "root.pem"), "utf8"), house.root);
  assert.match(
    openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", await devicesCa(), join(out, "certificate.pem")),
    /: OK/,
  );
  assert.equal(await invitation.state(), "redeemed");
});

test("with --encrypt the key opens with the passphrase alone", async () => {
  const invitation = await device.invite("encrypted");
  const out = folder("encrypted");
  const document = JSON.parse(succeeded(await device.enroll(invitation, ["--out", out, "--encrypt", "--json"]))) as {
    serialNumber: string;
    files: Record<string, string>;
  };
  const key = document.files.key ?? "";
  assert.match(readFileSync(key, "utf8"), /^-----BEGIN ENCRYPTED PRIVATE KEY/);
  assert.match(openssl("pkey", "-in", key, "-passin", `file:${invitation.passphraseFile}`, "-noout", "-text"), /prime256v1/);
  assert.throws(() => openssl("pkey", "-in", key, "-passin", "pass:wrong", "-noout"));
  assert.equal(document.serialNumber, (await certificatesOf("encrypted"))[0]?.serialNumber);
});

for (const format of ["pkcs12", "pkcs12-compatible"]) {
  test(`as ${format} it is one encrypted file, and no key lies beside it`, async () => {
    const name = `laptop ${format}`;
    const invitation = await device.invite(name);
    const out = folder(name);
    succeeded(await device.enroll(invitation, ["--out", out, "--format", format]));
    assert.deepEqual(readdirSync(out).toSorted(), ["bundle.p12", "root.pem"]);
    assert.equal(mode(join(out, "bundle.p12")), 0o600);
    const given = ["pkcs12", "-legacy", "-in", join(out, "bundle.p12"), "-nodes"];
    const opened = openssl(...given, "-passin", `file:${invitation.passphraseFile}`);
    assert.match(opened, /BEGIN PRIVATE KEY/);
    assert.match(opened, new RegExp(`friendlyName: ${name}`));
    assert.equal(opened.match(/BEGIN CERTIFICATE/g)?.length, 2);
    assert.throws(() => openssl(...given, "-passin", "pass:wrong"));
  });
}

test("the fingerprint may be written in any way, and a link by a person's hand", async () => {
  const invitation = await device.invite("by hand");
  const written = invitation.fingerprint.toLowerCase().replaceAll(":", "");
  succeeded(await device.enroll(invitation, ["--fingerprint", written, "--out", folder("by hand")]));
});

test("at a terminal it asks for link, fingerprint and passphrase, and the passphrase is never shown", async () => {
  const { url, fingerprint, passphrase } = await device.invite("at a terminal");
  const command = [process.execPath, LATCHKEY, "enroll", "--out", folder("terminal")];
  const screen = await openScreen(command, device.home, { HOME: device.home });
  try {
    await screen.waitFor(/Link of the invitation:/);
    await screen.type(url);
    await screen.press("Enter");
    await screen.waitFor(/Fingerprint of the house's root certificate/);
    // As it stands in the other terminal: on two lines.
    await screen.type(fingerprint.slice(0, 47));
    await screen.press("Enter");
    await screen.waitFor(/Its second line:/);
    await screen.type(fingerprint.slice(48));
    await screen.press("Enter");
    await screen.waitFor(/Passphrase of the invitation:/);
    // Capitals and spaces are the keyboard's doing.
    await screen.type(passphrase.toUpperCase().replaceAll("-", " "));
    await screen.press("Enter");
    const shown = await screen.waitFor(/Enrolled as at a terminal until/);
    for (const group of passphrase.split("-")) assert.ok(!shown.toLowerCase().includes(`${group} `), shown);
    assert.equal(await screen.ended(), 0);
  } finally {
    screen.close();
  }
});

/** A certificate for `localhost` that nobody knows. */
function selfSigned(name: string): { key: string; certificate: string } {
  const [key, certificate] = [folder(`${name}.key`), folder(`${name}.pem`)];
  const words =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost";
  openssl(...words.split(" "), "-keyout", key, "-out", certificate);
  return { key: readFileSync(key, "utf8"), certificate: readFileSync(certificate, "utf8") };
}

/** An HTTPS server that shows this as `/ca.pem`, and writes down all that it is told. */
async function startImpostor(identity: { key: string; certificate: string }, shown: string) {
  const asked: string[] = [];
  const server = createHttpsServer({ key: identity.key, cert: identity.certificate }, (request, response) => {
    asked.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
    response.end(request.url === "/ca.pem" ? shown : "{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { port, asked, close: () => void server.close() };
}

const elsewhere = (invitation: TestInvitation, port: number) => ({ ...invitation, url: `https://localhost:${port}/i/${invitation.token}` });

test("a root with another fingerprint is refused before anything of the invitation is sent", async () => {
  const invitation = await device.invite("misled");
  const identity = selfSigned("impostor");
  const impostor = await startImpostor(identity, identity.certificate);
  try {
    const output = await device.enroll(elsewhere(invitation, impostor.port), ["--out", folder("misled"), "--json"]);
    const message = refused(output, "FINGERPRINT_WRONG", 1);
    assert.ok(message.includes(`given  ${invitation.fingerprint}`), message);
    assert.deepEqual(
      impostor.asked.map((line) => line.split(" ").slice(0, 2).join(" ")),
      ["GET /ca.pem"],
    );
    assert.ok(!impostor.asked.join().includes(invitation.token));
  } finally {
    impostor.close();
  }
  const mistyped = invitation.fingerprint.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  refused(await device.enroll(invitation, ["--fingerprint", mistyped, "--out", folder("misled"), "--json"]), "FINGERPRINT_WRONG", 1);
  assert.equal(await invitation.state(), "open");
  assert.ok(!existsSync(folder("misled")), "nothing was made");
});

test("who shows the house's root and can't prove to be under it learns nothing of the invitation", async () => {
  const invitation = await device.invite("in between");
  // A server of the same house, with a good certificate of its own: nginx's, which faces the internet.
  const door = connect(await createOperator(world, "door", "nginx", ["door.home.arpa"]));
  const impostors = { stranger: selfSigned("stranger"), door: await requestServerCertificate(door, ["door.home.arpa"]) };
  door.close();
  for (const identity of Object.values(impostors)) {
    const impostor = await startImpostor(identity, house.root);
    try {
      // Even where Node was told to trust everybody.
      const trusting = { NODE_TLS_REJECT_UNAUTHORIZED: "0", NODE_NO_WARNINGS: "1" };
      const output = await device.enroll(elsewhere(invitation, impostor.port), ["--out", folder("between"), "--json"], trusting);
      refused(output, "SERVER_NOT_TRUSTED", 1);
      assert.equal(impostor.asked.length, 1);
      assert.ok(!impostor.asked.join().includes(invitation.token));
    } finally {
      impostor.close();
    }
  }
  assert.equal(await invitation.state(), "open");
});

test("a wrong passphrase is counted, and the right one still enrols", async () => {
  const invitation = await device.invite("forgetful");
  const wrong = folder("wrong passphrase");
  writeFileSync(wrong, "aaaa-bbbb-cccc-dddd");
  const counted = () => world.log.filter((line) => line.includes('"invitation.refused"') && line.includes("PROOF_WRONG")).length;
  const before = counted();
  const given = ["--out", folder("forgetful"), "--json", "--passphrase-file"];
  refused(await device.enroll(invitation, [...given, wrong]), "PROOF_WRONG", 1);
  assert.equal(counted(), before + 1);
  assert.ok(!existsSync(folder("forgetful")), "nothing stays of a key that nothing came of");
  writeFileSync(wrong, "not a passphrase");
  refused(await device.enroll(invitation, [...given, wrong]), "USAGE", 2);
  assert.deepEqual([counted(), await invitation.state()], [before + 1, "open"]);
  succeeded(await device.enroll(invitation, ["--out", folder("forgetful")]));
});

test("at a terminal a wrong passphrase is asked for again, with how many tries are left, until the invitation ends", async () => {
  const forgetful = await device.invite("forgetful at a terminal");
  const guessed = await device.invite("guessed at a terminal");
  const openFor = ({ url, fingerprint }: TestInvitation, name: string) =>
    openScreen([process.execPath, LATCHKEY, "enroll", url, "--fingerprint", fingerprint, "--out", folder(name)], device.home, {
      HOME: device.home,
    });
  const left = (tries: number) => new RegExp(`At most ${tries} (tries are|try is) left\\.\\s+Passphrase of the invitation:`);
  const answer = async (screen: TestScreen, text: string) => {
    await screen.type(text);
    await screen.press("Enter");
  };

  const screen = await openFor(forgetful, "forgetful at a terminal");
  try {
    await screen.waitFor(/Passphrase of the invitation:/);
    await answer(screen, "not a passphrase");
    await screen.waitFor(/small letters and digits\.[\s\S]*Passphrase of the invitation: $/);
    await answer(screen, "aaaa-bbbb-cccc-dddd");
    await screen.waitFor(left(MOST_WRONG_PROOFS - 1));
    await answer(screen, forgetful.passphrase);
    await screen.waitFor(/Enrolled as forgetful at a terminal until/);
    assert.equal(await screen.ended(), 0);
  } finally {
    screen.close();
  }

  const lost = await openFor(guessed, "guessed at a terminal");
  try {
    await lost.waitFor(/Passphrase of the invitation:/);
    for (let tries = MOST_WRONG_PROOFS - 1; tries > 0; tries -= 1) {
      await answer(lost, "aaaa-bbbb-cccc-dddd");
      await lost.waitFor(left(tries));
    }
    await answer(lost, "aaaa-bbbb-cccc-dddd");
    await lost.waitFor(/this invitation has ended/);
    assert.equal(await lost.ended(), 1);
    assert.equal(await guessed.state(), "locked");
    assert.ok(!existsSync(folder("guessed at a terminal")), "nothing stays of a key that nothing came of");
  } finally {
    lost.close();
  }
});

test("an answer that is lost costs nothing: the same command again gets the same certificate", async () => {
  const invitation = await device.invite("interrupted");
  const isUsedUp = () => world.log.some((line) => line.includes('"invitation.redeemed"') && line.includes("interrupted"));
  const wire = await startWire(house.service.address, isUsedUp);
  const out = folder("interrupted");
  try {
    refused(await device.enroll(elsewhere(invitation, wire.port), ["--out", out, "--json"]), "UNAVAILABLE", 3);
  } finally {
    wire.close();
  }
  assert.equal(await invitation.state(), "redeemed");
  const [kept = "", ...others] = readdirSync(out);
  assert.deepEqual([others, mode(join(out, kept))], [[], 0o600]);
  const record = JSON.parse(readFileSync(join(out, kept), "utf8")) as { key: string };
  assert.match(record.key, /^-----BEGIN ENCRYPTED PRIVATE KEY/);

  const wrong = folder("wrong passphrase");
  writeFileSync(wrong, "aaaa-bbbb-cccc-dddd");
  refused(await device.enroll(invitation, ["--out", out, "--passphrase-file", wrong, "--json"]), "PROOF_WRONG", 1);
  // It was interrupted again, behind the first of the files.
  const key = createPrivateKey({ key: record.key, passphrase: invitation.passphrase }).export({ format: "pem", type: "pkcs8" });
  writeFileSync(join(out, "key.pem"), key, { mode: 0o600 });

  succeeded(await device.enroll(invitation, ["--out", out]));
  assert.deepEqual(readdirSync(out).toSorted(), ["certificate.pem", "key.pem", "root.pem"]);
  const issued = await certificatesOf("interrupted");
  const { serialNumber } = new X509Certificate(readFileSync(join(out, "certificate.pem")));
  assert.deepEqual(
    issued.map((one) => one.serialNumber),
    [serialNumber.toLowerCase()],
  );
});

test("files that are there are not overwritten, and the invitation stays good; --force replaces them", async () => {
  const invitation = await device.invite("twice");
  const out = folder("twice");
  await mkdir(out);
  await writeFile(join(out, "key.pem"), "another key", { mode: 0o644 });
  assert.match(refused(await device.enroll(invitation, ["--out", out, "--json"]), "FILE_EXISTS", 1), /Nothing was sent/);
  assert.equal(readFileSync(join(out, "key.pem"), "utf8"), "another key");
  assert.equal(await invitation.state(), "open");
  succeeded(await device.enroll(invitation, ["--out", out, "--force"]));
  assert.equal(mode(join(out, "key.pem")), 0o600);
  refused(await device.enroll(invitation, ["--out", out, "--json"]), "FILE_EXISTS", 1);
  refused(await device.enroll(invitation, ["--out", folder("elsewhere"), "--json"]), "INVITATION_REDEEMED", 1);
});

/** The CA's clock is so far ahead during this work. */
async function later(minutes: number, work: () => Promise<void>): Promise<void> {
  // What the service has heard of open invitations counts for a second of real time.
  await sleep(1_100);
  mock.timers.enable({ apis: ["Date"], now: Date.now() + minutes * 60_000 });
  try {
    await work();
  } finally {
    mock.timers.reset();
  }
}

test("an invitation whose time is over says so, and nothing stays; a key that is kept waits until the port is open again", async () => {
  const ownWorld = await startTestAuthority();
  const ownHouse = await startTestEnrollment(ownWorld);
  const laptop = createTestDevice(ownWorld, ownHouse);
  const wire = await startWire(ownHouse.service.address, () => ownWorld.log.some((line) => line.includes('"invitation.redeemed"')));
  try {
    const [tooLate, lost] = [await laptop.invite("too late"), await laptop.invite("lost answer")];
    refused(await laptop.enroll(elsewhere(lost, wire.port), ["--out", "lost", "--json"]), "UNAVAILABLE", 3);
    const inAnHour = CreateInvitationRequest.create({ deviceName: "somebody else", lifetime: { seconds: "3600", nanos: 0 } });
    await call(ownWorld.connection.invitations, "createInvitation", inAnHour);
    await later(16, async () => {
      refused(await laptop.enroll(tooLate, ["--out", "late", "--json"]), "INVITATION_EXPIRED", 1);
    });
    await later(61, async () => {
      refused(await laptop.enroll(tooLate, ["--out", "late", "--json"]), "ENROLLMENT_CLOSED", 1);
      refused(await laptop.enroll(lost, ["--out", "lost", "--json"]), "ENROLLMENT_CLOSED", 1);
    });
    assert.ok(!existsSync(join(laptop.home, "late")));
    await later(50, async () => void succeeded(await laptop.enroll(lost, ["--out", "lost"])));
  } finally {
    wire.close();
    await rm(laptop.home, { recursive: true, force: true });
    await ownHouse.stop();
    await ownWorld.stop();
  }
});

test("a service that is away, one that is no Latchkey, and a link that is none are told apart", async () => {
  const invitation = await device.invite("lost way");
  const out = ["--out", folder("lost"), "--json"];
  refused(await device.enroll(elsewhere(invitation, 1), out), "UNAVAILABLE", 3);
  refused(await device.enroll({ ...invitation, url: invitation.url.replace("localhost", "nowhere.invalid") }, out), "UNAVAILABLE", 3);
  const web = createHttpServer((_request, response) => void response.end("hello"));
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
  try {
    refused(await device.enroll(elsewhere(invitation, (web.address() as AddressInfo).port), out), "SERVICE_UNKNOWN", 1);
  } finally {
    web.close();
  }
  const impostor = await startImpostor(selfSigned("router"), "<html>Welcome to my router</html>");
  try {
    refused(await device.enroll(elsewhere(invitation, impostor.port), out), "SERVICE_UNKNOWN", 1);
  } finally {
    impostor.close();
  }
  for (const url of ["https://localhost:8443/", invitation.url.replace("https:", "http:"), invitation.url.slice(0, -1), "NAS"]) {
    const message = refused(await device.enroll({ ...invitation, url }, out), "USAGE", 2);
    assert.ok(!message.includes(invitation.token.slice(0, -1)), message);
  }
  const wire = await startWire(house.service.address, () => false, "127.0.0.2");
  try {
    const byAddress = { ...invitation, url: `https://127.0.0.2:${wire.port}/i/${invitation.token}` };
    refused(await device.enroll(byAddress, out), "NOT_ON_LAN", 1);
  } finally {
    wire.close();
  }
  assert.equal(await invitation.state(), "open");
});

test("without fingerprint, passphrase or a place to put it, a script is told what is missing", async () => {
  const invitation = await device.invite("script");
  const out = ["--out", folder("script"), "--json"];
  assert.match(refused(await device.enroll(invitation, [...out, "no --fingerprint"]), "USAGE", 2), /--fingerprint SHA256/);
  assert.match(refused(await device.enroll(invitation, [...out, "no --passphrase-file"]), "USAGE", 2), /--passphrase-file FILE/);
  assert.match(refused(await device.enroll(invitation, ["--json"]), "USAGE", 2), /--out FOLDER/);
  assert.match(refused(await device.enroll(invitation, [...out, "--fingerprint", "AB:CD"]), "USAGE", 2), /64 digits/);
  assert.match(refused(await device.enroll(invitation, [...out, "--system-trust"]), "USAGE", 2), /not by both/);
  assert.equal(await invitation.state(), "open");
});

test("with a public certificate there is no fingerprint: the system's roots decide, and the wrong ones refuse", async () => {
  const tls = selfSigned("public");
  const inPublic = await startTestEnrollment(world, { tls: await inFiles(world.folder, tls), names: ["localhost"] });
  try {
    const own = createTestDevice(world, inPublic);
    const invitation = await own.invite("public");
    const given = ["no --fingerprint", "--system-trust", "--out", folder("public")];
    refused(await own.enroll(invitation, [...given, "--json"]), "SERVER_NOT_TRUSTED", 1);
    assert.equal(await invitation.state(), "open");
    succeeded(await own.enroll(invitation, given, { NODE_EXTRA_CA_CERTS: folder("public.pem") }));
    assert.deepEqual(readdirSync(folder("public")).toSorted(), ["certificate.pem", "key.pem"]);
    await rm(own.home, { recursive: true, force: true });
  } finally {
    await inPublic.stop();
  }
});

const nss = (...args: string[]) => execFileSync("certutil", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

test("--install puts key, certificate and root into this user's NSS database, and leaves nothing beside it", async () => {
  const invitation = await device.invite("Anna's laptop");
  const seen = folder("arguments");
  for (const tool of ["certutil", "pk12util"]) device.replace(tool, `echo "$@" >> "$HOME/arguments"; exec /usr/bin/${tool} "$@"`);
  const output = await device.enroll(invitation, ["--install"]);
  assert.match(succeeded(output), /Installed into the NSS database .*\.pki\/nssdb\.\nRestart Chromium/);
  tellsNoSecret(output, invitation);
  const database = ["-d", `sql:${folder(".pki/nssdb")}`];
  assert.match(nss("-L", ...database), /^Anna's laptop +u,u,u$/m);
  assert.match(nss("-K", ...database), /Anna's laptop/);
  assert.match(nss("-L", ...database), /^Latchkey servers.* +C,, *$/m);
  assert.ok(!readFileSync(seen, "utf8").includes(invitation.passphrase), "a program's arguments are for all to see");
  assert.ok(!existsSync(folder(".config/latchkey/enrolling")));
  assert.equal(mode(folder(".pki/nssdb")), 0o700);
});

test("what would keep it from being installed is said before the invitation is used up", async () => {
  const invitation = await device.invite("no tools");
  assert.match(refused(await device.enroll(invitation, ["--install", "--json"], { PATH: "/nowhere" }), "TOOL_MISSING", 1), /libnss3-tools/);
  const named = refused(await device.enroll(invitation, ["--install", "--nss-db", folder("profile"), "--json"]), "INSTALL_FAILED", 1);
  assert.match(named, /certutil -N --empty-password -d sql:/);
  assert.equal(await invitation.state(), "open");
});

test("an NSS database with a password of its own is refused to a script, and asks for it at a terminal", async () => {
  const invitation = await device.invite("locked");
  const profile = folder("locked profile");
  await mkdir(profile);
  writeFileSync(folder("password of NSS"), "own-password\n");
  nss("-N", "-f", folder("password of NSS"), "-d", `sql:${profile}`);
  const target = ["--install", "--nss-db", profile];
  assert.match(
    refused(await device.enroll(invitation, [...target, "--json"]), "INSTALL_FAILED", 1),
    /password of its own.*Nothing was sent/,
  );
  assert.equal(await invitation.state(), "open");
  const given = ["--fingerprint", invitation.fingerprint, "--passphrase-file", invitation.passphraseFile];
  const screen = await openScreen([process.execPath, LATCHKEY, "enroll", invitation.url, ...given, ...target], device.home, {
    HOME: device.home,
  });
  try {
    // Each of NSS's programs asks by itself.
    for (let asked = 1; asked <= 3; asked++) {
      await screen.waitFor(new RegExp(`(Enter Password or Pin[^]*){${asked}}`));
      await screen.hidesTyping();
      await screen.type("own-password");
      await screen.press("Enter");
    }
    await screen.waitFor(/Enrolled as locked/);
    assert.equal(await screen.ended(), 0);
  } finally {
    screen.close();
  }
  assert.match(nss("-K", "-f", folder("password of NSS"), "-d", `sql:${profile}`), /locked/);
});

test("an installation that fails behind the enrolment is made good by the same command", async () => {
  const invitation = await device.invite("second try");
  device.replace("pk12util", "echo 'pk12util: the token is full' >&2; exit 1");
  const message = refused(await device.enroll(invitation, ["--install", "--json"]), "INSTALL_FAILED", 1);
  assert.match(message, /the token is full.*run the same command again/);
  const left = readdirSync(folder(".config/latchkey/enrolling"));
  assert.deepEqual([left.length, left.every((name) => name.endsWith(".json"))], [1, true], "the key waits, and no bundle");
  device.replace("pk12util", 'exec /usr/bin/pk12util "$@"');
  const profile = folder("profile");
  await mkdir(profile);
  nss("-N", "--empty-password", "-d", `sql:${profile}`);
  succeeded(await device.enroll(invitation, ["--install", "--nss-db", profile]));
  assert.match(nss("-L", "-d", `sql:${profile}`), /^second try +u,u,u$/m);
  assert.equal((await certificatesOf("second try")).length, 1);
});

/** A house that has a devices' port, and a device that comes to it. */
async function withDevicesPort(listen: string, work: (device: TestDevice, url: string) => Promise<void>): Promise<void> {
  const open = await startTestEnrollment(world, { devices: { listen, trustedProxies: [] } });
  const guest = createTestDevice(world, open);
  try {
    await work(guest, `https://localhost:${open.service.devices.split(":").at(-1)}/`);
  } finally {
    await rm(guest.home, { recursive: true, force: true });
    await open.stop();
  }
}

test("it asks the devices' port whether it worked, and tells the answer by name", async () => {
  await withDevicesPort("127.0.0.1:0", async (guest, url) => {
    const invitation = await guest.invite("Anna's laptop, tried");
    const output = await guest.enroll(invitation, ["--out", "tried"]);
    assert.match(succeeded(output), new RegExp(`Did it work\\? Yes: ${url} says that this is Anna's laptop, tried, valid until \\d{4}-`));
    const origin = url.replace(/\/$/, "");
    const folder = join(guest.home, "tried");
    assert.ok(output.stdout.includes(`latchkey enroll renew '${folder}' ${origin} --if-due\n`), output.stdout);
    tellsNoSecret(output, invitation);
    assert.ok((await certificatesOf("Anna's laptop, tried"))[0]?.lastSeenTime, "the CA knows that it was there");

    const document = JSON.parse(
      succeeded(await guest.enroll(await guest.invite("tried too"), ["--out", "too", "--encrypt", "--json"])),
    ) as {
      notAfter: string;
      check: object;
    };
    assert.deepEqual(document.check, { url, status: "valid", deviceName: "tried too", notAfter: document.notAfter });

    const installed = succeeded(await guest.enroll(await guest.invite("in a browser"), ["--install"]));
    assert.match(installed, new RegExp(`this is in a browser, .*\\nDoes the browser show it\\? Open ${url} there`));
  });
});

test("a devices' port that can't be reached leaves the enrolment done, and says how to ask later", async () => {
  await withDevicesPort("127.0.0.3:0", async (guest, url) => {
    const said = succeeded(await guest.enroll(await guest.invite("untried"), ["--out", "untried"]));
    const later = `curl --cert untried/certificate.pem --key untried/key.pem --cacert untried/root.pem ${url}`;
    assert.ok(said.includes(`Did it work? Not known yet: ${url} can't be reached from here (connection refused). `), said);
    assert.ok(said.includes(`Ask there later: ${later}\n`), said);
    assert.ok(said.trimEnd().endsWith(` ${url.replace(/\/$/, "")} --if-due`), said);
    const packed = succeeded(await guest.enroll(await guest.invite("untried, packed"), ["--out", "packed", "--format", "pkcs12"]));
    assert.ok(packed.trimEnd().endsWith(`Ask there later: open ${url} in the browser, and choose the certificate`), packed);
    const { check } = JSON.parse(succeeded(await guest.enroll(await guest.invite("json"), ["--out", "json", "--json"]))) as {
      check: object;
    };
    assert.deepEqual(check, { url, problem: "can't be reached from here (connection refused)" });
  });
});

test("a certificate that is held before it is tried is said to open nothing", async () => {
  await withDevicesPort("127.0.0.1:0", async (guest, url) => {
    const hold = `"${process.execPath}" "${LATCHKEY}" hold "held at once" --credential "${world.ca.operatorFolder}"`;
    guest.replace("pk12util", `${hold} > "$HOME/hold" 2>&1; exec /usr/bin/pk12util "$@"`);
    const said = succeeded(await guest.enroll(await guest.invite("held at once"), ["--install"]));
    assert.match(
      said,
      new RegExp(`Did it work\\? NO: ${url} says that this certificate is held`),
      readFileSync(join(guest.home, "hold"), "utf8"),
    );
  });
});
