import assert from "node:assert/strict";
import { test } from "node:test";
import { longestRetryMillis, PROBLEMS, type ProblemCode } from "../../../clients/nginx/problem.js";

test("a mistake in nginx.conf that has been mended is seen within 15 s, anything else within 5 minutes", () => {
  const codes = Object.keys(PROBLEMS) as ProblemCode[];
  assert.equal(longestRetryMillis("NGINX_TEST_FAILED"), 15_000);
  assert.ok(codes.every((code) => longestRetryMillis(code) <= 300_000));
});
