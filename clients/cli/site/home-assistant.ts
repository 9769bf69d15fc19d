import { homeAssistantsOf, mergeHomeAssistant } from "../../site/home-assistant.js";
import type { Site } from "../../site/schema.js";
import { CommandError } from "../error.js";
import { readNamed } from "../read-named.js";
import { print } from "../terminal.js";
import { showDiff } from "./diff.js";

const LARGEST_OCTETS = 10_000_000;

/** Shows, and changes nothing: the file is Home Assistant's, and somebody's own. Throws SITE_INVALID, FILE_UNREADABLE. */
export async function showHomeAssistant(site: Site, path: string): Promise<void> {
  const proxies = [...new Set(homeAssistantsOf(site).flatMap((one) => one.proxies))];
  if (proxies.length === 0)
    throw new CommandError("SITE_INVALID", "None of the sites is Home Assistant: say `homeAssistant: true` beside the one that is.");
  const text = (await readNamed(path, "Home Assistant's configuration", LARGEST_OCTETS)).toString("utf8");
  const merged = mergeHomeAssistant(text, proxies);
  if (merged === undefined)
    throw new CommandError(
      "FILE_UNREADABLE",
      `${path} can't be read as YAML, or its \`http\` stands in another file: name that one, or put in by hand what \`latchkey site render --out\` writes below home-assistant/.`,
    );
  print(merged === text ? `${path} knows this nginx already: nothing has to change.` : showDiff(path, text, merged));
}
