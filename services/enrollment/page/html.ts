/** HTML that is safe to send: only `html` makes it, and every value that is put in is escaped. */
export interface Html {
  readonly html: string;
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}

/** A template of HTML: strings in it are escaped, HTML in it is not, lists are joined. */
export function html(strings: TemplateStringsArray, ...values: readonly (string | Html | readonly Html[])[]): Html {
  const text = values.map((value) => {
    if (typeof value === "string") return escaped(value);
    return "html" in value ? value.html : value.map((one) => one.html).join("");
  });
  return { html: String.raw({ raw: strings }, ...text) };
}
