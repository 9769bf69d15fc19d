import { readFileSync } from "node:fs";
import { WebSocket } from "ws";

// Opens a WebSocket with a client certificate, and says what becomes of it: `open`, each message, `closed` or `refused N`.
const [url = "", certificate = "", key = "", root = ""] = process.argv.slice(2);
const say = (line: string) => void process.stdout.write(`${line}\n`);
const socket = new WebSocket(url, { cert: readFileSync(certificate), key: readFileSync(key), ca: readFileSync(root) });
socket.on("open", () => say("open"));
socket.on("message", (data: Buffer) => say(data.toString()));
socket.on("unexpected-response", (_request, response) => say(`refused ${response.statusCode}`));
socket.on("close", () => say("closed"));
socket.on("error", (error: Error) => say(`failed ${error.message}`));
