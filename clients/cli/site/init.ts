import { networkInterfaces } from "node:os";
import type { Command } from "commander";
import { stringify } from "yaml";
import { defaultRouteInterfaces, houseAddresses } from "../../../services/interfaces.js";
import { plainCommand } from "../command.js";
import { CommandError } from "../error.js";
import { ask } from "../question.js";
import { note, print, printable, printJson } from "../terminal.js";
import { refuseUnwritable, writeWhole } from "../write-whole.js";
import { problemsOf, siteOf } from "./answers.js";
import { type Answers, type Field, type FieldName, fieldsOf } from "./field.js";

export const SITE_FILE = "site.yaml";
const MOST_TRIES = 3;
const HEAD = "# What `latchkey site render` makes the site's files of. docs/site.md lists all that may stand here.\n";

interface Options extends Readonly<Partial<Record<FieldName, string>>> {
  readonly file: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Writes site.yaml, by flags, and by questions for the rest where somebody is there to answer. */
export function siteInitCommand(): Command {
  const fields = fieldsOf(lanAddress());
  const command = plainCommand(
    "init",
    "Write site.yaml: what the site is called, and what is around it. Asks for what no flag says",
    "latchkey site init\nlatchkey site init --domain home.example.com --lan 192.168.1.2 --dns openwrt --router openwrt",
  );
  for (const { flag, argument, help } of fields) command.option(`${flag} ${argument}`, help);
  return command
    .option("--file <file>", "where to write it", SITE_FILE)
    .option("--force", "replace the file that is there")
    .option("--json", "one JSON document on standard output")
    .action(async (options: Options) => {
      const { file, force = false, json = false } = options;
      await refuseUnwritable(file, force, "Nothing was written.");
      const given = givenOf(options, fields);
      const answers = process.stdin.isTTY && !json ? await askForRest(given, fields) : withFallbacks(given, fields);
      refuseUnused(given, answers, fields);
      refuseProblems(answers, fields);
      const site = siteOf(answers);
      await writeWhole(file, HEAD + stringify(site), { secret: false, force });
      if (json) return printJson({ file, site });
      print(`${file} is written: read it, and change what you like. Next: latchkey site render --out ./site`);
      if (answers.secretFile !== undefined)
        note(`The provider's password or token goes into ${answers.secretFile}, beside it, for you alone (chmod 600).`);
    });
}

function givenOf(options: Options, fields: readonly Field[]): Answers {
  return Object.fromEntries(fields.flatMap(({ name }) => (options[name] === undefined ? [] : [[name, options[name]]])));
}

function withFallbacks(given: Answers, fields: readonly Field[]): Answers {
  const answers: Partial<Record<FieldName, string>> = { ...given };
  for (const { name, fallback, when } of fields) {
    if (fallback !== undefined && when?.(answers) !== false) answers[name] ??= fallback;
  }
  return answers;
}

async function askForRest(given: Answers, fields: readonly Field[]): Promise<Answers> {
  const answers: Partial<Record<FieldName, string>> = { ...given };
  for (const field of fields) {
    if (answers[field.name] === undefined && field.when?.(answers) !== false) answers[field.name] = await askFor(field, answers, fields);
  }
  return answers;
}

/** Asks again after an answer that can't be used. Throws SITE_INVALID after the third. */
async function askFor(field: Field, answers: Answers, fields: readonly Field[]): Promise<string> {
  const { fallback = "" } = field;
  const question = typeof field.question === "string" ? field.question : field.question(answers);
  for (let tries = 1; ; tries++) {
    const typed = await ask(fallback === "" ? `${question}: ` : `${question} [${fallback}]: `);
    const answer = typed === "" ? fallback : typed;
    const wrong = wrongWith(field, answer, answers, fields);
    if (wrong === undefined) return answer;
    const words = answer === "" ? "There has to be an answer." : `"${printable(answer)}" can't be used: ${wrong}`;
    if (tries === MOST_TRIES) throw new CommandError("SITE_INVALID", `${words} Nothing was written.`);
    note(words);
  }
}

/** Why an answer can't be used: by itself, or beside one that was given before. */
function wrongWith(field: Field, answer: string, answers: Answers, fields: readonly Field[]): string | undefined {
  const next = { ...answers, [field.name]: answer };
  const own = problemsOf(next, fields).find((problem) => problem.field === field);
  if (own !== undefined) return `it ${own.words}`;
  const before = problemsOf(withFallbacks(answers, fields), fields);
  const other = problemsOf(withFallbacks(next, fields), fields).find(
    (problem) =>
      problem.field !== undefined && answers[problem.field.name] !== undefined && !before.some(({ words }) => words === problem.words),
  );
  return other && `${other.field?.flag} ${other.words}`;
}

/** A flag that means nothing beside the others is a misunderstanding. */
function refuseUnused(given: Answers, answers: Answers, fields: readonly Field[]): void {
  const unused = fields.find(({ name, when }) => given[name] !== undefined && when?.(answers) === false);
  if (unused === undefined) return;
  throw new CommandError("USAGE", `${unused.flag} means nothing beside the rest: \`latchkey site init --help\` says what it is for.`);
}

function refuseProblems(answers: Answers, fields: readonly Field[]): void {
  const problems = problemsOf(answers, fields);
  if (problems.length === 0) return;
  const lines = problems.map(({ field, words }) => `  ${field?.flag ?? SITE_FILE} ${words}`);
  throw new CommandError("SITE_INVALID", `The site can't be written down like this. Nothing was written.\n${lines.join("\n")}`);
}

/** This host's own, where nginx most probably runs. */
function lanAddress(): string | undefined {
  const addresses = houseAddresses(networkInterfaces(), defaultRouteInterfaces());
  return addresses.find(({ family, internal }) => family === "IPv4" && !internal)?.address;
}
