/** The first element of this type that the selector finds. */
export function element<T extends Element>(within: ParentNode, selector: string, type: new () => T): T | undefined {
  const found = within.querySelector(selector);
  return found instanceof type ? found : undefined;
}

export function showOnly(shown: HTMLElement | undefined, hidden: HTMLElement | undefined): void {
  shown?.removeAttribute("hidden");
  hidden?.setAttribute("hidden", "");
}

/** A sentence of the page, by its key, in the page's language. */
export function text(key: string): string {
  const sentences = element(document, "#own-key-texts", HTMLTemplateElement)?.content;
  const find = (name: string) => sentences?.querySelector(`[data-key="${CSS.escape(name)}"]`)?.textContent ?? undefined;
  return find(key) ?? find("retry") ?? "";
}
