// What stands in for your Home Assistant: says which device nginx has let in.
import { createServer } from "node:http";

const server = createServer((request, response) => {
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.end(`The demo backend sees ${request.headers["x-device-name"] ?? "nobody"}.\n`);
});
server.listen(8123);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
