import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Settings } from "../../config.js";
import { readAuthority } from "../authority/authority.js";
import { createIntermediateCertificate, createRootCertificate, createSingleTierCertificate } from "../authority/authority-certificate.js";
import { LatchkeyError } from "../authority/error.js";
import { createIssuer } from "../authority/issue.js";
import { parseDomain, permittedNames } from "../authority/name-constraints.js";
import { serialNumberFrom } from "../authority/serial-number.js";
import type { Signer } from "../authority/signer.js";
import type { AuthorityId, Der } from "../authority/types.js";
import { fingerprintOf } from "../authority/vouched.js";
import type { KeyEncryption } from "../keys/encrypted-key.js";
import { createKey, readKeyFile, writeKeyFile } from "../keys/file.js";
import { RECOVERY_RANDOM_OCTETS, recoveryPassphraseFrom, sealRootKey, unsealRootKey } from "../keys/recovery.js";
import type { Store } from "../store/store.js";
import { type AuthoritiesDocument, der, type KeyedCertificate, pem, readDocument, writeDocument } from "./authorities-document.js";
import type { Authorities, IssuingAuthority } from "./context.js";
import { ownNames } from "./names.js";

const AUTHORITY_DAYS = 20 * 365;
const INTERMEDIATE_DAYS = 10 * 365;

/**
 * Makes the three authorities: keys first, then one document that names them all, so that a first run that is
 * interrupted leaves nothing but keys that nobody uses. `keepRecovery` gets the recovery passphrase before anything depends on it.
 */
export async function createAuthorities(
  store: Store,
  settings: Settings,
  folder: string,
  encryption: KeyEncryption,
  at: Date,
  keepRecovery: (recoveryPassphrase: string) => Promise<void>,
): Promise<void> {
  const { type } = settings.keys;
  const newSerial = () => serialNumberFrom(randomBytes(16));
  const domains = settings.domains.map(parseDomain);

  async function singleTier(id: "devices" | "operators"): Promise<KeyedCertificate> {
    const { signer, privateKey } = await createKey(type);
    const keyFile = `${id}.key`;
    await writeKeyFile(join(folder, keyFile), privateKey, encryption);
    return { certificate: pem(await createSingleTierCertificate(id, signer, newSerial(), at, AUTHORITY_DAYS)), keyFile };
  }

  const recoveryPassphrase = recoveryPassphraseFrom(randomBytes(RECOVERY_RANDOM_OCTETS));
  const root = await createKey(type);
  await sealRootKey(join(folder, "servers-root.key"), root.privateKey, recoveryPassphrase);
  const rootCertificate = await createRootCertificate(root.signer, newSerial(), at, AUTHORITY_DAYS);
  const intermediate = await createKey(type);
  await writeKeyFile(join(folder, "servers-1.key"), intermediate.privateKey, encryption);
  const intermediateCertificate = await createIntermediateCertificate(
    { certificate: rootCertificate, signer: root.signer },
    intermediate.signer.publicKey,
    permittedNames(domains, ownNames(settings)),
    newSerial(),
    at,
    INTERMEDIATE_DAYS,
  );
  const document: AuthoritiesDocument = {
    devices: await singleTier("devices"),
    operators: await singleTier("operators"),
    servers: {
      root: { certificate: pem(rootCertificate), keyFile: "servers-root.key" },
      intermediates: [{ certificate: pem(intermediateCertificate), keyFile: "servers-1.key" }],
      domains,
    },
  };
  await keepRecovery(recoveryPassphrase);
  await writeDocument(store, document, { time: at, event: "authority.created", actor: "system", fields: { domains } });
}

/** Opens the authorities of a store; `observe` may put something before each signer. Throws PASSPHRASE_WRONG, or STORE_CORRUPT when keys and certificates don't fit. */
export async function openAuthorities(
  store: Store,
  settings: Settings,
  folder: string,
  encryption: KeyEncryption,
  observe: (id: AuthorityId, signer: Signer) => Signer = (_, signer) => signer,
): Promise<MutableAuthorities> {
  let document = await readDocument(store);

  async function open(id: AuthorityId, { certificate, keyFile }: KeyedCertificate, anchor: string): Promise<IssuingAuthority> {
    const signer = observe(id, await readKeyFile(join(folder, keyFile), encryption));
    const authority = readAuthority(id, der(certificate), der(anchor), signer);
    return { authority, issuer: createIssuer(authority, settings.http.url) };
  }

  async function openServers({ servers }: AuthoritiesDocument): Promise<IssuingAuthority> {
    const [newest] = servers.intermediates;
    if (newest === undefined) throw new LatchkeyError("STORE_CORRUPT", "The store names no intermediate of `servers`: restore a backup.");
    return await open("servers", newest, servers.root.certificate);
  }

  const opened = new Map<AuthorityId, IssuingAuthority>([
    ["devices", await open("devices", document.devices, document.devices.certificate)],
    ["servers", await openServers(document)],
    ["operators", await open("operators", document.operators, document.operators.certificate)],
  ]);
  for (const { id, lastCrlNumber, isTrusted, revokedAt, ...keyed } of document.adopted ?? []) {
    if (!isTrusted) continue;
    const adopted = await open(id, keyed, keyed.certificate);
    opened.set(id, {
      ...adopted,
      ...(lastCrlNumber === "" ? {} : { lastCrlNumber: BigInt(lastCrlNumber) }),
      ...(revokedAt === undefined ? {} : { revokedAt: new Date(revokedAt) }),
    });
  }

  function get(id: AuthorityId): IssuingAuthority {
    const found = opened.get(id);
    if (found === undefined)
      throw new LatchkeyError("AUTHORITY_UNKNOWN", `There is no authority ${id}: no CA was adopted under that name.`);
    return found;
  }

  return {
    ids: () => [...opened].filter(([, { revokedAt }]) => revokedAt === undefined).map(([id]) => id),
    everyId: () => [...opened.keys()],
    get,
    intermediates: () => document.servers.intermediates.map(({ certificate }) => der(certificate)),
    domains: () => document.servers.domains,

    async revoke(id, at, actor) {
      const found = get(id);
      if (found.revokedAt !== undefined) return;
      const next = {
        ...document,
        adopted: (document.adopted ?? []).map((one) => (one.id === id ? { ...one, revokedAt: at.toISOString() } : one)),
      };
      const fields = { authority: id, fingerprint: fingerprintOf(found.authority.certificate) };
      await writeDocument(store, next, { time: at, event: "authority.revoked", actor, fields });
      document = next;
      opened.set(id, { ...found, revokedAt: at });
    },

    async addDomain(text, recoveryPassphrase, at, actor) {
      const domain = parseDomain(text);
      const { servers } = document;
      if (servers.domains.includes(domain)) {
        throw new LatchkeyError("DOMAIN_INVALID", `${domain} is permitted already: nothing was changed.`);
      }
      const root = await unsealRootKey(join(folder, servers.root.keyFile), recoveryPassphrase);
      const { signer, privateKey } = await createKey(settings.keys.type);
      const keyFile = `servers-${servers.intermediates.length + 1}.key`;
      await writeKeyFile(join(folder, keyFile), privateKey, encryption);
      const domains = [...servers.domains, domain];
      const certificate = await createIntermediateCertificate(
        { certificate: der(servers.root.certificate), signer: root },
        signer.publicKey,
        permittedNames(domains, ownNames(settings)),
        serialNumberFrom(randomBytes(16)),
        at,
        INTERMEDIATE_DAYS,
      );
      const next = {
        ...document,
        servers: { ...servers, domains, intermediates: [{ certificate: pem(certificate), keyFile }, ...servers.intermediates] },
      };
      const reopened = await openServers(next);
      await writeDocument(store, next, { time: at, event: "domain.added", actor, fields: { domain } });
      document = next;
      opened.set("servers", reopened);
      return certificate;
    },
  };
}

export interface MutableAuthorities extends Authorities {
  /** A new intermediate, with a key of its own, that permits one more domain. Throws RECOVERY_PASSPHRASE_WRONG, DOMAIN_INVALID. */
  addDomain(domain: string, recoveryPassphrase: string, at: Date, actor: string): Promise<Der>;
}
