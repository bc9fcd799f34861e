import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Certificate } from "../../../reports/certificate-document.ts";
import { startChromium } from "../../chromium.ts";
import { aloneOrrery, greenOrrery, manyCells, redOrrery } from "../../fixtures/reports/orrery-stories.ts";
import { opened } from "./opened.ts";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());

/** What axe objects to: rule, and the first places. The page lets no script in, so axe is evaluated from outside. */
async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(await import("node:fs").then((fs) => fs.readFileSync(axe, "utf8")));
  return page.evaluate(async () => {
    const run = Reflect.get(globalThis, "axe").run;
    const { violations: found } = await run({ resultTypes: ["violations"] });
    return found.map(
      (one: { id: string; nodes: readonly { html: string }[] }) =>
        `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160))}`,
    );
  });
}

const stories: readonly [string, () => Certificate][] = [
  ["red", redOrrery],
  ["green with a waiver", greenOrrery],
  ["of 60 cells beside each other", () => manyCells("dense")],
  ["of 60 cells below their systems", () => manyCells("groups")],
  ["of results alone", aloneOrrery],
];

describe.each(stories)("a certificate that is %s", (_name, story) => {
  it("has nothing that axe objects to, in light, dark and on paper, narrow and wide", async () => {
    await using open = await opened(browser, story());
    const { page } = open;
    for (const [width, scheme, media] of [
      [1600, "light", "screen"],
      [1600, "dark", "screen"],
      [900, "light", "screen"],
      [400, "dark", "screen"],
      [900, "light", "print"],
    ] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: scheme, media });
      expect([width, scheme, media, ...(await violations(page))]).toEqual([width, scheme, media]);
    }
    expect(open.troubles).toEqual([]);
  });

  it("is never wider than its window", async () => {
    await using open = await opened(browser, story());
    for (const width of [400, 900, 1600]) {
      await open.page.setViewportSize({ width, height: 900 });
      expect(await open.page.evaluate("document.documentElement.scrollWidth")).toBe(width);
    }
  });
});

describe("the keyboard alone", () => {
  it("searches, reads the list row by row, and goes to a failure", async () => {
    await using open = await opened(browser, redOrrery());
    const { page } = open;
    await page.keyboard.press("/");
    expect(await page.evaluate("document.activeElement.id")).toBe("find");
    await page.keyboard.type("case 51 lxd");
    await page.locator(".browser tbody a").first().waitFor();
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.className")).toBe("window");
    await page.keyboard.press("Tab");
    const first = await page.evaluate("document.activeElement.textContent");
    await page.keyboard.press("ArrowDown");
    expect(await page.evaluate("document.activeElement.textContent")).not.toBe(first);
    expect(await page.locator(".chosen li").count()).toBe(13);
    await page.locator(".browser tbody a").first().focus();
    await page.keyboard.press("Enter");
    const target = await page.evaluate<string>("location.hash.slice(1)");
    expect(target).toMatch(/^test-/);
    expect(await page.locator(`#${target}`).isVisible()).toBe(true);
  });

  it("reaches every link, button and choice that a mouse does", async () => {
    await using open = await opened(browser, greenOrrery());
    const { page } = open;
    const selector = "a[href], button, input, select, summary, [tabindex]";
    const all = await page.evaluate<number>(`
      const visible = [...document.querySelectorAll(${JSON.stringify(selector)})].filter((one) => one.checkVisibility());
      for (const [index, one] of visible.entries()) one.setAttribute("data-number", index);
      visible.length;
    `);
    const reached = new Set<string>();
    for (let press = 0; press < all + 5; press++) {
      await page.keyboard.press("Tab");
      reached.add(await page.evaluate<string>(`document.activeElement?.getAttribute("data-number") ?? ""`));
    }
    reached.delete("");
    expect(reached.size).toBe(all);
  });
});
