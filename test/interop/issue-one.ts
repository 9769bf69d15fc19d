import { randomUUID } from "node:crypto";
import type { Authority } from "../../services/ca/authority/authority.js";
import { readCsr } from "../../services/ca/authority/csr.js";
import { parseDeviceName } from "../../services/ca/authority/device-name.js";
import { createIssuer, issue } from "../../services/ca/authority/issue.js";
import { checkRequest, validity } from "../../services/ca/authority/profile.js";
import type { Der, OperatorRole, ProfileId } from "../../services/ca/authority/types.js";
import { type CsrWish, LIFETIMES, makeCsr, newSerialNumber } from "../unit/authority/world.js";

export interface Order {
  readonly profile: ProfileId;
  readonly name?: string;
  readonly role?: OperatorRole;
  readonly serverNames?: readonly string[];
  readonly csr?: CsrWish;
  readonly publicationUrl?: string;
  readonly at?: Date;
  readonly lifetimes?: typeof LIFETIMES;
}

/** One certificate, by the same steps as in the service: read the request, check it, prepare, sign. */
export async function issueOne(authority: Authority, order: Order): Promise<Der> {
  const request = checkRequest(
    {
      profile: order.profile,
      csr: await readCsr(makeCsr(order.csr)),
      deviceName: order.name === undefined ? undefined : parseDeviceName(order.name),
      serverNames: order.serverNames ?? [],
      ...(order.role && { operatorRole: order.role }),
    },
    authority,
  );
  const times = validity(order.profile, order.lifetimes ?? LIFETIMES, order.at ?? new Date(), authority);
  const issuer = createIssuer(authority, order.publicationUrl);
  return issue(issuer.prepare({ request, serialNumber: newSerialNumber(), deviceId: randomUUID(), ...times }), authority);
}
