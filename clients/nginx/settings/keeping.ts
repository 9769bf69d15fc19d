import { CRL_FILE, LIST, LIST_FILE } from "../revocation-files.js";
import type { Directive } from "./directive.js";
import type { Hole } from "./hole.js";
import type { Place } from "./place.js";
import type { Server } from "./server.js";

/** nginx carries these out one after the other, in the order in which they stand in the server. */
const IN_ORDER = /^(if|return|rewrite|set|break|set_by_lua\w*)$/;
const SERIAL = "$ssl_client_serial";

/**
 * What keeps the hook's list from standing in for the CRL at this server (`--at-expiry keep-last-good`): its file has to be there, before
 * whatever else could answer, with the list that it looks into, and nobody may say otherwise what either variable holds. Empty when the
 * list refuses whom the CRL refuses.
 */
export function keepingFaults(server: Server, place: Pick<Place, "dir" | "kept">): Hole[] {
  return [...faultsOf(server, place)].map(({ message, remedy }) => ({ code: "KEPT_LIST_BYPASSED", message, remedy }));
}

function* faultsOf(server: Server, { dir, kept }: Pick<Place, "dir" | "kept">): Generator<{ message: string; remedy: string }> {
  const isFrom = ({ place }: Directive, file: string) => place.startsWith(`${dir}/${file}:`);
  if (server.protocol !== "http") {
    yield {
      message: `${server.label} is one of ${server.protocol}, where nginx has no way to refuse by a list.`,
      remedy: `Write: ssl_crl ${dir}/devices-crl.pem; and its clients are refused when the CRL ends.`,
    };
    return;
  }
  const at = server.own.findIndex((directive) => isFrom(directive, CRL_FILE) && isRefusal(directive, kept));
  const before = server.own.slice(0, Math.max(at, 0)).find(({ name }) => IN_ORDER.test(name));
  const remedy = `Write in this server, before every if, return, rewrite and set: include ${dir}/${CRL_FILE};`;
  if (at === -1) yield { message: `${server.place}: ${server.label} does not include ${dir}/${CRL_FILE}.`, remedy };
  if (before !== undefined)
    yield { message: `${before.place}: ${before.name} comes before ${dir}/${CRL_FILE}, and may answer first.`, remedy };
  const lists = server.outer.filter((directive) => isFrom(directive, LIST_FILE) && directive.name === "map");
  if (lists.length !== 1) {
    const often = lists.length === 0 ? "does not include" : "includes more than once";
    yield {
      message: `${server.place}: the http block around ${server.label} ${often} ${dir}/${LIST_FILE}.`,
      remedy: `Write in it, once: include ${dir}/${LIST_FILE};`,
    };
  }
  for (const { place, name } of [...every(server.own), ...every(server.outer)].filter(
    (directive) => !isFrom(directive, CRL_FILE) && !isFrom(directive, LIST_FILE) && changes(directive),
  )) {
    yield {
      message: `${place}: ${name} may say otherwise what ${LIST} or ${SERIAL} holds.`,
      remedy: "Give the variable there another name.",
    };
  }
}

/** @param kept only the one that lets in nobody by another list */
function isRefusal({ name, args, block = [] }: Directive, kept: boolean): boolean {
  const [answer, ...more] = block;
  const [variable, is = "", value = "", ...rest] = args;
  const condition = rest.length === 0 && variable === `(${LIST}` ? `${is} ${value}` : "";
  const refuses = /^!= \d+\)$/.test(condition) || (!kept && condition === "= refused)");
  return name === "if" && refuses && answer?.name === "return" && answer.args.join(" ") === "495" && more.length === 0;
}

/** Nobody else has to do with the list's variable; the serial number others may read. */
function changes({ name, args }: Directive): boolean {
  const words = [name, ...args];
  if (words.some((word) => word.includes(LIST.slice(1)) || word.includes(`<${SERIAL.slice(1)}>`))) return true;
  return [
    name,
    WRITES_SECOND.test(name) ? args[1] : undefined,
    WRITES_FIRST.test(name) ? args[0] : undefined,
    name === "geo" ? args.at(-1) : undefined,
  ].includes(SERIAL);
}

/** What gives a variable its value, by which of its arguments. In a block of geoip2 the name stands first. */
const WRITES_FIRST = /^(set|set_by_lua\w*|js_set|perl_set|auth_request_set)$/;
const WRITES_SECOND = /^(map|split_clients|keyval)$/;

function* every(directives: readonly Directive[]): Generator<Directive> {
  for (const directive of directives) {
    yield directive;
    yield* every(directive.block ?? []);
    yield* every(directive.entries ?? []);
  }
}
