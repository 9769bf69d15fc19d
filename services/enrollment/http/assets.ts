import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Router } from "express";

/** Made by the build from `services/enrollment/browser/`; from `dist/services/enrollment/http/`. */
const FOLDER = fileURLToPath(new URL("../../../browser/", import.meta.url));

/**
 * Serves the page's script: `/enroll.js`, and what it loads when it is needed under `/assets/`, whose names hold their content's hash. Read
 * once, at the start.
 */
export function createAssets(): Router {
  const router = Router({ caseSensitive: true, strict: true });
  serve(router, "/enroll.js", "enroll.js", "no-cache");
  for (const name of readdirSync(join(FOLDER, "assets"))) {
    serve(router, `/assets/${name}`, join("assets", name), "public, max-age=31536000, immutable");
  }
  return router;
}

function serve(router: Router, path: string, file: string, caching: string): void {
  const content = readFileSync(join(FOLDER, file));
  router.get(path, (_request, response) => void response.type("text/javascript").set("Cache-Control", caching).send(content));
}
