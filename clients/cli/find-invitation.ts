import { type Invitation, ListInvitationsRequest } from "../../generated/latchkey/v1/invitation_service.js";
import { type Connection, call } from "../connect/connect.js";
import { CommandError } from "./error.js";
import { printable } from "./terminal.js";

const WHOLE_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Less of an id than this is not taken as one. */
const SHORTEST_BEGINNING = 4;

/**
 * The name (`invitations/{id}`) of the invitation that is meant: by its device, whose open one it is, by its id, or by the beginning of an id that no other
 * invitation has. Throws INVITATION_NOT_FOUND or AMBIGUOUS.
 */
export async function findInvitation(connection: Connection, given: string): Promise<string> {
  const id = given.replace(/^invitations\//, "");
  if (WHOLE_ID.test(id)) return `invitations/${id}`;
  const invitations = await listAll(connection);
  const open = invitations.find(({ state, deviceName }) => state === "open" && deviceName === given);
  if (open !== undefined) return open.name;
  const begun = id.length < SHORTEST_BEGINNING ? [] : invitations.filter(({ name }) => name.startsWith(`invitations/${id}`));
  const [one] = begun;
  if (one !== undefined && begun.length === 1) return one.name;
  if (one !== undefined) {
    const candidates = begun.slice(0, 10).map(({ name, deviceName }) => `  ${name.replace("invitations/", "")} (${printable(deviceName)})`);
    throw new CommandError("AMBIGUOUS", `"${printable(given)}" could be any of these; write more of it:\n${candidates.join("\n")}`);
  }
  throw new CommandError(
    "INVITATION_NOT_FOUND",
    `No device "${printable(given)}" has an open invitation, and no invitation's id begins so: \`latchkey invitation list\` shows them.`,
  );
}

/** Whether a device of this name has an open invitation. */
export async function hasOpenInvitation(connection: Connection, deviceName: string): Promise<boolean> {
  return (await listAll(connection)).some((one) => one.state === "open" && one.deviceName === deviceName);
}

async function listAll(connection: Connection): Promise<Invitation[]> {
  const all: Invitation[] = [];
  let pageToken = "";
  do {
    const page = await call(connection.invitations, "listInvitations", ListInvitationsRequest.create({ pageSize: 1000, pageToken }));
    all.push(...page.invitations);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return all;
}
