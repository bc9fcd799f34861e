import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startChromium } from "../../chromium.ts";
import { redOrrery } from "../../fixtures/reports/orrery-stories.ts";
import { poisoned } from "../../fixtures/reports/poisoned.ts";
import { opened } from "./opened.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());

it("runs nothing, asks for nothing and shows no dialog, whatever stands in any text of the document", async () => {
  const { certificate, fields } = poisoned(redOrrery());
  expect(fields).toBeGreaterThan(300);
  await using open = await opened(browser, certificate);
  const { page } = open;
  await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
  await page.locator(".finder .show").click();
  await page.locator(".browser tbody button").first().focus();
  await page.keyboard.press("ArrowDown");
  await page.locator("#find").fill("onerror");
  await page.locator(".filtering a").waitFor();
  for (const select of await page.locator(".filters select").all()) {
    await select.selectOption({ index: 1 });
    await select.selectOption({ index: 0 });
  }
  expect(open.troubles).toEqual([]);
  expect(await page.title()).not.toMatch(/^ran/);
  expect(await page.locator("img, iframe, object, embed, [onload], [onerror], [onfocus], [style*=url]").count()).toBe(
    0,
  );
  expect(await page.locator("script").count()).toBe(2);
  const links = await page.locator("a[href]").evaluateAll((all) => all.map((one) => one.getAttribute("href") ?? ""));
  expect(links.filter((href) => !href.startsWith("#") && !href.startsWith("./"))).toEqual([]);
});

it("shows control characters and turns of direction by their numbers, in names and in what is inflated", async () => {
  const certificate = redOrrery();
  const bad = "a\u202Eb\u0007c\u001B[31md\u200B";
  const suites = certificate.suites.map((suite) => ({
    ...suite,
    tests: suite.tests.map((test, index) => (index === 5 ? { ...test, name: `${bad} ${test.name}` } : test)),
  }));
  const failures = certificate.failures.map((test) => ({ ...test, message: bad, details: bad }));
  await using open = await opened(browser, { ...certificate, suites, failures });
  const { page } = open;
  await page.locator("#find").fill("a⟨U+202E⟩b");
  await page.locator(".browser tbody button").first().waitFor();
  const texts = await page.locator(".browser tbody button, .machine").allTextContents();
  const shown = texts.filter((text) => text.includes("a⟨U+202E⟩b⟨U+0007⟩cd⟨U+200B⟩"));
  expect(shown.length).toBeGreaterThan(1);
  expect(/[\p{Cc}\p{Cf}]/u.test((await page.locator("body").innerText()).replace(/[\n\t]/g, ""))).toBe(false);
});

it("offers what a browser would run only to be saved", async () => {
  const certificate = redOrrery();
  const names = ["page.html", "drawing.svg", "result.xml", "shot.png", "text.txt"];
  const attachments = names.map((name) => ({ name, path: `attempts/files/${name}` }));
  const failures = certificate.failures.map((test, index) => (index === 0 ? { ...test, attachments } : test));
  await using open = await opened(browser, { ...certificate, failures });
  const saved = await open.page
    .locator('.failure a[href^="./attempts/files/"]')
    .evaluateAll((all) => all.filter((one) => one.hasAttribute("download")).map((one) => one.textContent));
  expect(saved).toEqual(["page.html", "drawing.svg", "result.xml"]);
});
