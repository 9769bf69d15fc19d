import { type Connection, call } from "../../clients/connect/connect.js";
import { GetTrustBundleRequest } from "../../generated/latchkey/v1/publication_service.js";

/** The root that phones install. It never changes while the authority lives: asked for once, it is known for good. */
export function createRootSource(connection: () => Connection): () => Promise<string> {
  let known: string | undefined;
  return async () => {
    if (known !== undefined) return known;
    const { anchors } = await call(connection().publication, "getTrustBundle", GetTrustBundleRequest.create());
    known = anchors.find(({ authority }) => authority === "servers")?.certificate ?? "";
    return known;
  };
}
