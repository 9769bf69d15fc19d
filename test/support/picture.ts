import type { Page } from "playwright-core";

/** With LATCHKEY_SCREENSHOTS=FOLDER the pages can be looked at. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = process.env.LATCHKEY_SCREENSHOTS;
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}
