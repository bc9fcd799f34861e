import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { Certificate } from "../../../reports/certificate-document.ts";
import { renderCertificate } from "../../../reports/render.ts";
import { sealCertificate } from "../../../reports/seal.ts";

/** A certificate in a browser. `troubles` are errors, dialogs, and requests for anything but the page itself. */
export interface Opened extends AsyncDisposable {
  readonly page: Page;
  readonly url: string;
  readonly troubles: readonly string[];
}

/** Writes the page of a certificate into a folder of its own and opens it there, `hash` behind its address. */
export async function opened(
  browser: Browser,
  certificate: Certificate,
  { hash = "", ...options }: BrowserContextOptions & { readonly hash?: string } = {},
): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), "edgecert-page-"));
  const file = join(folder, "certificate.html");
  writeFileSync(file, renderCertificate(sealCertificate(certificate)));
  const url = pathToFileURL(file).href;
  const context = await browser.newContext({ viewport: { width: 1600, height: 1000 }, ...options });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on("pageerror", (error) => troubles.push(String(error)));
  page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
  page.on("dialog", (dialog) => {
    troubles.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:")) troubles.push(`request ${request.url()}`);
  });
  await page.goto(`${url}${hash}`);
  return {
    page,
    url,
    troubles,
    async [Symbol.asyncDispose]() {
      await context.close();
      rmSync(folder, { recursive: true });
    },
  };
}
