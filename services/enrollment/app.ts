import express, { type Express } from "express";
import { contentDisposition, firstCertificate } from "./enroll.js";
import { enrollByApi } from "./http/api.js";
import { createAssets } from "./http/assets.js";
import { headers } from "./http/headers.js";
import { download, enrollByForm, showInvitation, showLeave } from "./http/page.js";
import { type AppParts, LARGEST_BODY } from "./http/parts.js";
import { onError, sendProblem } from "./http/problem.js";
import { protect, requireJson } from "./http/protect.js";
import { keepUpload } from "./http/upload.js";
import { OPENAPI } from "./openapi.js";
import { STYLE } from "./page/style.js";
import { Refusal, toProblem } from "./problem.js";

/** The Express application: guard, limits, the page, the API. Nothing of it reads or writes a disk. */
export function createApp(parts: AppParts): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", "simple");
  app.set("case sensitive routing", true);
  app.set("strict routing", true);

  app.use(headers, protect(parts));
  app.get("/healthz", (_request, response) => void response.type("text/plain").send("ok\n"));
  app.get("/openapi.json", (_request, response) => void response.json(OPENAPI));
  app.get("/style.css", (_request, response) => void response.type("text/css").set("Cache-Control", "public, max-age=3600").send(STYLE));
  app.get("/ca.crt", async (_request, response) => {
    response.set("Content-Disposition", contentDisposition("house-root.crt"));
    response.type("application/x-x509-ca-cert").send(firstCertificate(await parts.root()));
  });
  app.get("/ca.pem", async (_request, response) => void response.type("application/x-pem-file").send(await parts.root()));

  app.get("/i/:token", showInvitation(parts));
  app.post(
    "/i/:token",
    express.urlencoded({ extended: false, inflate: false, limit: LARGEST_BODY, parameterLimit: 20 }),
    enrollByForm(parts),
  );
  app.get("/d/:address", download(parts));
  app.get("/leave", showLeave);
  const json = [requireJson, express.json({ inflate: false, limit: LARGEST_BODY, strict: true })];
  app.post("/api/v1/enrollments", ...json, enrollByApi(parts));
  app.post("/api/v1/downloads", ...json, keepUpload(parts));
  app.use(createAssets());

  app.use((_request, response) =>
    sendProblem(response, {
      ...toProblem(new Refusal("FIELD_INVALID", "There is nothing at this address.")),
      status: 404,
      title: "Not found",
    }),
  );
  app.use(onError(parts));
  return app;
}
