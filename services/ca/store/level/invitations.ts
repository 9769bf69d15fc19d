import { LatchkeyError } from "../../authority/error.js";
import type { InvitationRecord } from "../../authority/types.js";
import type { Store } from "../store.js";
import { insertCertificate } from "./certificates.js";
import type { Engine } from "./engine.js";
import type { Reads, Transaction } from "./group-commit.js";
import { key, lastPart, under } from "./key.js";
import { atOneMoment } from "./moment.js";
import { json, readJson, readText, text } from "./value.js";
import { readPage } from "./walk.js";

type Invitations = Pick<
  Store,
  | "insertInvitation"
  | "getInvitation"
  | "getInvitationByTokenHash"
  | "listInvitations"
  | "openInvitations"
  | "updateInvitation"
  | "redeemInvitation"
>;

export function invitations({ database, commits, counters }: Engine): Invitations {
  const { committed } = commits;
  return {
    insertInvitation: (record, entry) =>
      commits.run((transaction) => {
        const sequence = counters.nextInvitation();
        put(transaction, record);
        transaction.put(key.invitationByToken(record.tokenHash), text(record.id));
        transaction.put(key.invitationBySequence(sequence), text(record.id));
        counters.audit(transaction, entry);
      }),

    getInvitation: async (id) => find(committed, id),

    async getInvitationByTokenHash(tokenHash) {
      const id = committed.get(key.invitationByToken(tokenHash));
      return id === undefined ? undefined : get(committed, readText(id));
    },

    listInvitations: (page) => {
      const walk = { lists: [under("invitation-sequence")], reverse: true };
      return atOneMoment(database, (moment) => readPage(moment, walk, page, ([, id]) => get(moment, readText(id))));
    },

    async openInvitations() {
      const ids = await database.keys(under("invitation-open")).all();
      return ids.map((open) => get(committed, lastPart(open)));
    },

    updateInvitation: (id, update, entry) =>
      commits.run((transaction) => {
        const before = get(transaction, id);
        const after = update(before);
        if (after === before) return before;
        put(transaction, after);
        counters.audit(transaction, entry(after));
        return after;
      }),

    redeemInvitation: (id, redeem, certificate, device, entry) =>
      commits.run((transaction) => {
        const after = redeem(get(transaction, id));
        insertCertificate(transaction, counters, certificate, device);
        put(transaction, after);
        counters.audit(transaction, entry);
        return after;
      }),
  };
}

function find(reads: Reads, id: string): InvitationRecord | undefined {
  const value = reads.get(key.invitation(id));
  return value === undefined ? undefined : readJson<InvitationRecord>(value);
}

/** Throws INVITATION_NOT_FOUND. */
function get(reads: Reads, id: string): InvitationRecord {
  const record = find(reads, id);
  if (record === undefined) throw new LatchkeyError("INVITATION_NOT_FOUND", `There is no invitation ${id}.`);
  return record;
}

function put(transaction: Transaction, record: InvitationRecord): void {
  transaction.put(key.invitation(record.id), json(record));
  if (record.state.kind === "open") transaction.put(key.openInvitation(record.id), text(""));
  else transaction.delete(key.openInvitation(record.id));
}
