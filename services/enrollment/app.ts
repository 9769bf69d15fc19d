import express, { type Express } from "express";
import { enrollByApi } from "./http/api.js";
import { createAssets } from "./http/assets.js";
import { bareApp } from "./http/bare-app.js";
import { contentDisposition } from "./http/content-disposition.js";
import { deviceOf } from "./http/device.js";
import { firstCertificate } from "./http/first-certificate.js";
import { headers } from "./http/headers.js";
import { invitedBy } from "./http/invited.js";
import { download, enrollByForm, showInvitation, showLeave } from "./http/page.js";
import { type AppParts, LARGEST_BODY } from "./http/parts.js";
import { onError } from "./http/problem.js";
import { limited, protect, requireJson, whileOpen } from "./http/protect.js";
import { keepUpload } from "./http/upload.js";
import { OPENAPI } from "./openapi.js";
import { STYLE } from "./page/style.js";
import { Refusal } from "./problem.js";

/** The Express application: guard, limits, the page, the API. Nothing of it reads or writes a disk. */
export function createApp(parts: AppParts): Express {
  const app = bareApp();

  app.use(headers, protect(parts));
  // What is there at all times: constant answers, the same for everybody.
  app.get("/healthz", (_request, response) => void response.type("text/plain").send("ok\n"));
  app.get("/style.css", (_request, response) => void response.type("text/css").set("Cache-Control", "public, max-age=3600").send(STYLE));
  app.get("/leave", limited(parts), showLeave);

  const invited = invitedBy(parts);
  const json = [requireJson, express.json({ inflate: false, limit: LARGEST_BODY, strict: true })];
  const openToPath = whileOpen(parts, invited.tokenOfPath);
  app.get("/i/:token", openToPath, limited(parts, invited.byPath), showInvitation(parts));
  app.post(
    "/i/:token",
    openToPath,
    limited(parts, invited.byPath),
    express.urlencoded({ extended: false, inflate: false, limit: LARGEST_BODY, parameterLimit: 20 }),
    enrollByForm(parts),
  );
  app.post("/api/v1/enrollments", ...json, whileOpen(parts, invited.tokenOfBody), limited(parts, invited.byBody), enrollByApi(parts));

  app.use(whileOpen(parts));
  // From memory, and without limits: the page of who is invited needs them, whoever else asks from the same address.
  app.use(createAssets());
  app.get("/openapi.json", limited(parts), (_request, response) => void response.json(OPENAPI));
  app.get("/ca.crt", limited(parts), async (_request, response) => {
    response.set("Content-Disposition", contentDisposition("house-root.crt"));
    response.type("application/x-x509-ca-cert").send(firstCertificate(await parts.root()));
  });
  app.get("/ca.pem", limited(parts), async (_request, response) => {
    response.type("application/x-pem-file").send(await parts.root());
  });

  app.get("/d/:address", limited(parts, invited.byDownload), download(parts));
  app.post("/api/v1/downloads", ...json, limited(parts, invited.byTicket), keepUpload(parts));

  app.use(limited(parts), () => {
    throw new Refusal("FIELD_INVALID", "There is nothing at this address.", [404, "Not found"]);
  });
  app.use(onError(parts, (request) => deviceOf(parts, request)));
  return app;
}
