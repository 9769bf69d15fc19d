import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answerOrders } from "./child.js";

// Node's own HTTP server with nothing behind it: it reads what is posted, and answers as many octets as an OCSP answer has. At `/signed` it makes
// one P-256 signature first. The order is how many octets, the answer the address.
answerOrders<number, string>(async (octets) => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const answer = randomBytes(octets);
  const server = createServer((request, response) => {
    request.on("end", () => {
      if (request.url === "/signed") sign("sha256", answer, privateKey);
      response.writeHead(200, { "Content-Type": "application/ocsp-response", "Content-Length": octets }).end(answer);
    });
    request.resume();
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
