import { Metadata } from "@grpc/grpc-js";
import { type Connection, toCallError } from "./connect.js";

const DEADLINE_MILLIS = 5_000;

/** What a server says of itself (grpc.health.v1): `SERVING`, `NOT_SERVING` … */
export type ServingStatus = string;

/** Asks the CA how it is, by gRPC's health protocol; every operator may. Throws CallError. */
export async function askHealth(connection: Connection): Promise<ServingStatus> {
  const { service } = await import("grpc-health-check");
  const check = service.Check;
  if (check === undefined) throw new Error("the package grpc-health-check describes no Check");
  const deadline = new Date(Date.now() + DEADLINE_MILLIS);
  return await new Promise((resolve, reject) => {
    connection.operations.makeUnaryRequest<object, object>(
      check.path,
      check.requestSerialize,
      check.responseDeserialize,
      { service: "" },
      new Metadata(),
      { deadline },
      (error, response) => (error === null ? resolve(statusOf(response)) : reject(toCallError(error))),
    );
  });
}

function statusOf(response: object | undefined): ServingStatus {
  return response !== undefined && "status" in response ? String(response.status) : "UNKNOWN";
}
