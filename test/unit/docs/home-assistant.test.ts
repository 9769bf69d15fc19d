import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { parse, parseDocument } from "yaml";
import { expiringMessage } from "../../../services/ca/notices/message.js";
import { parseSettings } from "../../../services/settings/file.js";
import { certificate, later, NOW } from "../../support/store.js";

const FOLDER = new URL("../../../../docs/home-assistant/", import.meta.url);
const TEXT = readFileSync(new URL("expiring-certificate.yaml", FOLDER), "utf8");

interface Automation {
  readonly alias: string;
  readonly triggers: readonly Record<string, unknown>[];
  readonly actions: readonly { readonly action: string; readonly data: Readonly<Record<string, string>> }[];
}

test("every example is YAML, without a warning", () => {
  for (const name of readdirSync(FOLDER)) {
    const document = parseDocument(readFileSync(new URL(name, FOLDER), "utf8"), { strict: true, uniqueKeys: true });
    assert.deepEqual([...document.errors, ...document.warnings], [], name);
  }
});

test("the automation takes a POST from the house alone, and shows a notification", () => {
  const { triggers, actions } = parse(TEXT) as Automation;
  const { webhook_id: id, ...trigger } = triggers[0] ?? {};
  assert.deepEqual(trigger, { trigger: "webhook", allowed_methods: ["POST"], local_only: true });
  assert.match(String(id), /^CHANGE-ME/);
  assert.deepEqual([triggers.length, actions.map(({ action }) => action)], [1, ["persistent_notification.create"]]);
});

test("its templates ask for what a notice holds, and for nothing else", () => {
  const one = certificate({ notAfter: later(30) });
  const state = { kind: "waiting", tries: 0, nextTryAt: NOW, problem: "" } as const;
  const { data, type } = expiringMessage({ serialNumber: one.serialNumber, daysBefore: 30, channel: "webhook", dueAt: NOW, state }, one);
  const [{ data: shown } = { data: {} }] = (parse(TEXT) as Automation).actions;
  const templates = Object.values(shown).join("\n");
  const asked = new Set([...templates.matchAll(/trigger\.json\.data\.(\w+)/g)].map(([, name]) => name));
  assert.ok(asked.size >= 5, [...asked].join());
  for (const name of asked) assert.ok(Object.hasOwn(data, name ?? ""), name);
  assert.ok(templates.includes(`trigger.json.type == '${type}'`));
});

test("the settings in its comment are settings, and it says what is secret there", async () => {
  const lines = TEXT.split("\n").filter((line) => line.startsWith("#      "));
  const given = await parseSettings(lines.map((line) => line.slice(6)).join("\n"), "latchkey.yaml");
  assert.deepEqual(
    given.map(({ path }) => path),
    ["notices.webhook.url", "notices.webhook.secretFile"],
  );
  assert.match(TEXT.replaceAll(/\n# +/g, " "), /can't check the signature.*the id is the secret/);
});
