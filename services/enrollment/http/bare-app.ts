import express, { type Express } from "express";

/** An Express application that says nothing of itself, and takes a path or a query in one way alone. */
export function bareApp(): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", "simple");
  app.set("case sensitive routing", true);
  app.set("strict routing", true);
  return app;
}
