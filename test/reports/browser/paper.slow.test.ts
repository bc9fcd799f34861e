import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startChromium } from "../../chromium.ts";
import { redOrrery } from "../../fixtures/reports/orrery-stories.ts";
import { opened } from "./opened.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());

it("prints no text below 8 points, and unfolds what is folded", async () => {
  await using open = await opened(browser, redOrrery());
  const { page } = open;
  await page.emulateMedia({ media: "print" });
  const small = await page.evaluate<readonly string[]>(`
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = new Set();
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (!element.checkVisibility() || walker.currentNode.textContent.trim() === "") continue;
      const points = Number.parseFloat(getComputedStyle(element).fontSize) * 72 / 96;
      if (points < 7.99) found.add(element.tagName + "." + element.className + " " + points + " pt");
    }
    [...found];
  `);
  expect(small).toEqual([]);
  const hidden = await page
    .locator("details:not([open]) > :not(summary)")
    .evaluateAll((all) => all.filter((one) => one.getBoundingClientRect().height === 0).length);
  expect(hidden).toBe(0);
});
