import type { BundleFormat } from "../bundle/formats.js";
import { readPassphrase } from "../bundle/passphrase-text.js";
import { element, showOnly, text } from "./elements.js";
import { canKeep, findKept, type KeptKey } from "./kept-key.js";
import type { Delivery } from "./own-key.js";

/**
 * The script of the page of an invitation. Where the browser can, the device's key is made here and never leaves; the plain form stays for
 * the others. What the person reads stands in the page, in their language: the script has no words of its own.
 */
function start(): void {
  const form = element(document, "#own-key", HTMLFormElement);
  if (form === undefined || !canMakeKeys()) return;
  // On the page of an invitation that is over: only for the tab that has used it.
  const kept = isResumed(form) ? findKept(token) : undefined;
  if (isResumed(form) && kept === undefined) return;
  if (kept !== undefined && isOfAnotherPlatform(form, kept)) {
    location.replace(addressFor(location.pathname, kept.platform));
    return;
  }
  showOnly(form, element(document, "#plain", HTMLElement));
  if (isResumed(form)) {
    showOnly(element(document, "#resumed", HTMLElement), element(document, "#ended", HTMLElement));
    showOnly(undefined, element(document, "#next", HTMLElement));
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void enrollFrom(form);
  });
}

/** And keep them: a key that has used the invitation and is lost with the page is worse than none. */
function canMakeKeys(): boolean {
  return window.isSecureContext && typeof crypto.subtle?.generateKey === "function" && canKeep();
}

const token = location.pathname.split("/").at(-1) ?? "";
const isResumed = (form: HTMLFormElement) => form.dataset.invitation === undefined;

async function enrollFrom(form: HTMLFormElement): Promise<void> {
  const button = element(form, "button", HTMLButtonElement);
  if (button === undefined || button.disabled) return;
  const typed = fieldOf(form)?.value ?? "";
  const passphrase = readPassphrase(typed);
  if (passphrase === undefined) return complain(form, typed.trim() === "" ? "empty" : "wrongPassphrase");
  button.disabled = true;
  say(form, "working");
  try {
    // Loaded when it is needed: the page itself stays small.
    const { enrollWithOwnKey } = await import("./own-key.js");
    const delivery = await enrollWithOwnKey({ token, passphrase, ...invitationOf(form) });
    show(delivery, form);
  } catch (error) {
    complain(form, keyOfProblem(error));
  } finally {
    button.disabled = false;
  }
}

/** Without its query, the page guesses what it is for. Asked for once: an address that has it already is not loaded again. */
function isOfAnotherPlatform(form: HTMLFormElement, { platform }: KeptKey): boolean {
  return form.dataset.platform !== platform && !location.search.includes(`platform=${platform}`);
}

function addressFor(path: string, platform: string): string {
  return `${path}?platform=${encodeURIComponent(platform)}&lang=${encodeURIComponent(document.documentElement.lang)}`;
}

/** What the page says of the invitation; where it is over, what this tab has kept of it. */
function invitationOf(form: HTMLFormElement): Omit<KeptKey, "sealed"> {
  const kept = findKept(token);
  if (isResumed(form) && kept !== undefined) return kept;
  const format = element(form, "select[name=format]", HTMLSelectElement)?.value as BundleFormat | undefined;
  const { invitation: invitationId = "", device: deviceName = "", platform = "" } = form.dataset;
  return { invitationId, deviceName, format: format ?? "pkcs12-compatible", platform };
}

function show(delivery: Delivery, form: HTMLFormElement): void {
  if (delivery.kind === "path") {
    location.assign(addressFor(delivery.path, form.dataset.platform ?? ""));
    return;
  }
  const link = element(document, "#own-key-file", HTMLAnchorElement);
  link?.setAttribute("href", delivery.url);
  link?.setAttribute("download", delivery.fileName);
  say(form, "ready");
  showOnly(element(document, "#own-key-ready", HTMLElement), element(document, "#before", HTMLElement) ?? form);
  // The link is used up, and who follows one of the switches loses this page.
  for (const over of ["#unused", "footer"]) showOnly(undefined, element(document, over, HTMLElement));
  link?.focus();
}

/** Which of the page's sentences says it. */
function keyOfProblem(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return code === "PROOF_WRONG" ? "wrongPassphrase" : /^(INVITATION_|DOWNLOAD_OVER$)/.test(code) ? code : "retry";
}

const fieldOf = (form: HTMLFormElement) => element(form, "input[name=passphrase]", HTMLInputElement);
const statusOf = (form: HTMLFormElement) => element(form, "[role=status]", HTMLElement);

function say(form: HTMLFormElement, key: string): void {
  const status = statusOf(form);
  if (status !== undefined) status.textContent = text(key);
  status?.classList.remove("problem");
  fieldOf(form)?.removeAttribute("aria-invalid");
}

function complain(form: HTMLFormElement, key: string): void {
  say(form, key);
  statusOf(form)?.classList.add("problem");
  if (key.startsWith("INVITATION_")) end(form);
  else if (key === "wrongPassphrase" || key === "empty") {
    const field = fieldOf(form);
    field?.setAttribute("aria-invalid", "true");
    field?.focus();
  }
}

/** The invitation is over: why, in the place of all that could be tried with it. */
function end(form: HTMLFormElement): void {
  const status = statusOf(form);
  for (const part of form.children) if (part !== status) part.setAttribute("hidden", "");
  for (const over of ["#unused", "#once"]) showOnly(undefined, element(document, over, HTMLElement));
  status?.focus();
}

/** Inside an app nothing can be installed: the address is copied, to be opened elsewhere. */
function offerCopy(): void {
  const button = element(document, "#in-app button", HTMLButtonElement);
  if (button === undefined || navigator.clipboard === undefined) return;
  button.removeAttribute("hidden");
  button.addEventListener("click", () => {
    void navigator.clipboard.writeText(location.href).then(() => {
      const status = element(document, "#in-app [role=status]", HTMLElement);
      if (status !== undefined) status.textContent = button.dataset.copied ?? "";
    });
  });
}

start();
offerCopy();
