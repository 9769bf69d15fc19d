import { type Connection, call } from "../../clients/connect/connect.js";
import {
  AwaitEnforcementRequest,
  type AwaitEnforcementResponse,
  type Subscriber,
} from "../../generated/latchkey/v1/publication_service.js";

type Action = "revokeCertificate" | "holdCertificate" | "releaseCertificate";

/** Revokes (holds, releases) a device by its name, as `latchkey revoke` does, and waits for the doors. */
export async function changeAndWait(
  { certificates, publication }: Connection,
  action: Action,
  deviceName: string,
  seconds = 20,
): Promise<AwaitEnforcementResponse> {
  const selector = { selected: { $case: "deviceName" as const, value: deviceName } };
  const { crlNumber } =
    action === "revokeCertificate"
      ? await call(certificates, action, { selector, reason: "", allowLastAdmin: false, requestId: "" })
      : await call(certificates, action, { selector, requestId: "" });
  const timeout = { seconds: String(seconds), nanos: 0 };
  const request = AwaitEnforcementRequest.create({ authority: "devices", crlNumber, timeout });
  return await call(publication, "awaitEnforcement", request, { deadlineMillis: (seconds + 5) * 1_000 });
}

/** How the one hook stands, as `latchkey status` shows it. */
export async function subscriberOf({ publication }: Connection, name = "door"): Promise<Subscriber | undefined> {
  const { subscribers } = await call(publication, "listSubscribers", { pageSize: 0, pageToken: "" });
  return subscribers.find((subscriber) => subscriber.name === name);
}
