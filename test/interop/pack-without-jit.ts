import { readFileSync, writeFileSync } from "node:fs";
import { packBundle } from "../../services/enrollment/bundle/bundle.js";
import { createDeviceKey } from "../../services/enrollment/bundle/device-key.js";

// CHAIN.pem OUT.p12: packs a compatible bundle, with a key of its own and the passphrase `passphrase`.
const [, , chain = "", out = ""] = process.argv;
const { privateKey } = await createDeviceKey();
const content = { privateKey, certificateChain: readFileSync(chain, "utf8"), anchors: [], deviceName: "Phone", deviceId: "-" };
writeFileSync(out, (await packBundle("pkcs12-compatible", { ...content, passphrase: "passphrase" })).content);
