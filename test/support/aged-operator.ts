import { createHash, generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Credential, PROFILE_SIGNER_FILE, writeCredential } from "../../clients/connect/credential.js";
import type { Csr } from "../../services/ca/authority/csr.js";
import { encodePem } from "../../services/ca/authority/der/pem.js";
import { parseDeviceName } from "../../services/ca/authority/device-name.js";
import { issue } from "../../services/ca/authority/issue.js";
import { AUTHORITY_OF_PROFILE, checkRequest, type Wish } from "../../services/ca/authority/profile.js";
import { serialNumberFrom } from "../../services/ca/authority/serial-number.js";
import type { Der, OperatorRole } from "../../services/ca/authority/types.js";
import { createKeyEncryption } from "../../services/ca/keys/encrypted-key.js";
import { findPassphrase } from "../../services/ca/keys/passphrase.js";
import { openLevelStore } from "../../services/ca/store/level.js";
import { openAuthorities } from "../../services/ca/workflows/authorities.js";
import { settingsSchema } from "../../services/config.js";

export interface AgedOperator {
  /** The credential folder to write. */
  readonly folder: string;
  readonly name: string;
  readonly role: OperatorRole;
  readonly serverNames?: readonly string[];
  readonly address?: string;
  /** When two thirds of its life are over; by default they are. */
  readonly dueInSeconds?: number;
}

/** The authority's own beginning lies five minutes back: nothing that it signs can be older. */
const ELAPSED_SECONDS = 290;

type Host = { readonly folder: string; readonly data: string };

/**
 * Puts an operator's credential into a folder, of a real certificate that is in the store, past two thirds of its life (or
 * nearly so): signed with the authority's own key while the CA is stopped. The shortest lifetime of the settings is a day.
 */
export async function issueAgedOperator(host: Host, aged: AgedOperator): Promise<Credential> {
  const { name, role, serverNames = [], address = "127.0.0.1:1", dueInSeconds = -10 } = aged;
  const wish = { profile: "operator", deviceName: parseDeviceName(name), operatorRole: role, serverNames } as const;
  const { authority, certificate, key } = await issueAged(host, wish, "", dueInSeconds);
  const ca = encodePem("CERTIFICATE", authority.anchor);
  const credential = { folder: aged.folder, address, ca, certificate, key, serverNames };
  await writeCredential(credential);
  return credential;
}

/** So for what signs profiles, into the folder of the enrolment service that runs beside the CA. Answers its serial number. */
export async function issueAgedProfileSigner(host: Host, dueInSeconds: number): Promise<string> {
  const wish = { profile: "profile-signer", deviceName: undefined, serverNames: [] } as const;
  const { authority, certificate, key, serialNumber } = await issueAged(host, wish, "enrollment", dueInSeconds);
  const chain = certificate + encodePem("CERTIFICATE", authority.certificate);
  await writeFile(join(host.data, "enrollment", PROFILE_SIGNER_FILE), chain + key, { mode: 0o600 });
  return serialNumber;
}

/** So for a server's certificate that this operator has asked for. Answers it with the intermediate, and its key. */
export async function issueAgedServer(
  host: Host,
  name: string,
  owner: string,
  dueInSeconds: number,
): Promise<{ readonly chain: string; readonly key: string }> {
  const wish = { profile: "server", deviceName: undefined, serverNames: [name] } as const;
  const { authority, certificate, key } = await issueAged(host, wish, owner, dueInSeconds);
  return { chain: certificate + encodePem("CERTIFICATE", authority.certificate), key };
}

async function issueAged({ folder, data }: Host, wish: Omit<Wish, "csr">, owner: string, dueInSeconds: number) {
  const store = await openLevelStore(join(data, "store"));
  try {
    const dataId = new TextDecoder().decode(await store.getDocument("data-id"));
    const environment = { XDG_CONFIG_HOME: join(folder, "config") };
    const { passphrase } = await findPassphrase({ environment, dataId, isFirstRun: false });
    const authorities = await openAuthorities(store, settingsSchema.parse({ data }), join(data, "keys"), createKeyEncryption(passphrase));
    const { authority, issuer } = authorities.get(AUTHORITY_OF_PROFILE[wish.profile]);
    const { csr, key } = newKey();
    const request = checkRequest({ ...wish, csr }, authority);
    const [now, serialNumber, deviceId] = [new Date(), serialNumberFrom(randomBytes(16)), randomUUID()];
    const at = (seconds: number) => new Date((Math.floor(now.getTime() / 1000) + seconds) * 1000);
    const lifeSeconds = ((ELAPSED_SECONDS + dueInSeconds) * 3) / 2;
    const [notBefore, notAfter] = [at(-ELAPSED_SECONDS), at(Math.ceil(lifeSeconds) - ELAPSED_SECONDS)];
    const der = await issue(issuer.prepare({ request, serialNumber, deviceId, notBefore, notAfter }), authority);
    await store.insertCertificate(
      {
        authority: authority.id,
        serialNumber,
        profile: wish.profile,
        deviceName: request.holder,
        deviceId,
        owner,
        operatorRole: request.role ?? "",
        serverNames: request.serverNames,
        notBefore,
        notAfter,
        issuedAt: now,
        keyAlgorithm: csr.keyAlgorithm,
        publicKeyHash: csr.publicKeyHash,
        requestId: "",
        der,
        status: "valid",
      },
      undefined,
      { time: now, event: "certificate.issued", actor: "test", fields: { serialNumber } },
    );
    return { authority, serialNumber, certificate: encodePem("CERTIFICATE", der), key };
  } finally {
    await store.close();
  }
}

function newKey(): { csr: Csr; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  return {
    csr: {
      subject: { commonNames: [], otherAttributes: [] },
      dnsNames: [],
      addresses: [],
      otherNames: false,
      publicKey: new Uint8Array(spki) as Der,
      publicKeyHash: createHash("sha256").update(spki).digest("hex"),
      keyAlgorithm: "EC P-256",
    },
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}
