import type { OperatorRole, SerialNumber } from "../authority/types.js";

/** Who asks: an operator whose certificate was checked for this very call. */
export interface Caller {
  readonly name: string;
  readonly role: OperatorRole;
  readonly serialNumber: SerialNumber;
  /** The names that it may have `server` certificates for; undefined: any that the constraints permit. */
  readonly mayServe: readonly string[] | undefined;
  /** The connection that the call came by: `address:port` of its other end. */
  readonly connection?: string;
  /** The device whose signed wish the operator passes on. */
  readonly device?: string;
}

/** How the audit log names a caller. */
export function actorOf(caller: Caller | undefined): string {
  if (caller?.device !== undefined) return `device:${caller.device}`;
  return caller === undefined ? "system" : `operator:${caller.name}`;
}
