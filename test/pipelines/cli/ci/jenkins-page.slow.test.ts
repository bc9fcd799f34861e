import { rmSync } from "node:fs";
import { createServer } from "node:http";
import { chromium } from "playwright-core";
import { expect, it } from "vitest";
import { findCommand } from "../../../../infra/hosts/requirements.ts";
import { jenkinsPage } from "../../../../pipelines/cli/ci/jenkins-page.ts";
import { renderCertificate } from "../../../../reports/render.ts";
import { sealCertificate } from "../../../../reports/seal.ts";
import { certified, inventedRun } from "../../../fixtures/reports/run.ts";
import { redEverywhere } from "../../../fixtures/reports/stories.ts";

/** What Jenkins sends with every published page unless somebody loosened it. */
const policy = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self';";

it("is shown with its style, and whole, under the policy of Jenkins", async () => {
  const { certificate, folder } = await certified(inventedRun(redEverywhere));
  rmSync(folder, { recursive: true });
  const whole = renderCertificate(sealCertificate(certificate));
  const { html, css } = jenkinsPage(whole, "certificate.css");
  const pages: Readonly<Record<string, readonly [string, string]>> = {
    "/": ["text/html", html],
    "/inside": ["text/html", whole],
    "/certificate.css": ["text/css", css],
  };
  const server = createServer((request, response) => {
    const [type, text] = pages[request.url ?? ""] ?? ["text/plain", ""];
    response.writeHead(200, { "content-type": `${type}; charset=utf-8`, "content-security-policy": policy }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const browser = await chromium.launch({
    executablePath: findCommand("chromium") ?? "chromium",
    args: ["--no-sandbox"],
  });
  try {
    const page = await browser.newPage();
    const styles = async (path: string) => {
      await page.goto(`http://127.0.0.1:${address.port}${path}`);
      return page.evaluate("[...document.styleSheets].reduce((sum, sheet) => sum + sheet.cssRules.length, 0)");
    };
    expect(await styles("/inside")).toBe(0);
    expect(await styles("/")).toBeGreaterThan(50);
    expect(await page.locator("body").innerText()).toContain("reports the memory of its node");
  } finally {
    await browser.close();
    server.close();
  }
});
