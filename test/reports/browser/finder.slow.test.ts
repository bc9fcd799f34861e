import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startChromium } from "../../chromium.ts";
import { manyFailures } from "../../fixtures/reports/orrery-large.ts";
import { redOrrery } from "../../fixtures/reports/orrery-stories.ts";
import { opened } from "./opened.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());

describe("the list of all tests", () => {
  it("is not in the page until somebody asks, and then only what can be seen of it", async () => {
    await using open = await opened(browser, manyFailures({ tests: 10_000, failing: 500, cells: 4 }));
    const { page } = open;
    expect(await page.locator(".browser tbody a, .browser tbody button").count()).toBe(0);
    await page.locator(".finder .show").click();
    await page.locator(".browser tbody button").first().waitFor();
    expect(await page.locator(".browser .count").textContent()).toBe("10,000 tests");
    expect(await page.locator(".browser tbody tr").count()).toBeLessThan(80);
    await page.locator(".window").evaluate((region) => region.scrollTo(0, region.scrollHeight));
    await page.locator('.browser tr[aria-rowindex="10001"]').waitFor();
    expect(open.troubles).toEqual([]);
  });

  it("answers a filter, keeps it in the address, and gives it back from there", async () => {
    const certificate = redOrrery();
    await using open = await opened(browser, certificate);
    const { page } = open;
    await page.locator('.filters [name="status"]').selectOption("failed");
    await page.locator('.filters [name="cell"]').selectOption("debian-13/lxd-ssh");
    await page.getByText("5 of 4,433 tests and 1 cause match.").waitFor();
    expect(await page.locator(".cause:visible").count()).toBe(1);
    expect(await page.locator("td.dim").count()).toBe(13);
    const hash = await page.evaluate<string>("location.hash");
    expect(hash).toBe("#status=failed&cell=debian-13%2Flxd-ssh");
    await using again = await opened(browser, certificate, { hash });
    await again.page.getByText("5 of 4,433 tests and 1 cause match.").waitFor();
    expect(await again.page.locator('.filters [name="cell"]').inputValue()).toBe("debian-13/lxd-ssh");
    await again.page.locator(".filtering button").click();
    await again.page.locator(".filtering").waitFor({ state: "hidden" });
    expect(await again.page.locator(".cause:visible").count()).toBe(5);
  });

  it("finds words of a message and of a trace, flaky tests, and those that fail in some cells only", async () => {
    await using open = await opened(browser, redOrrery());
    const { page } = open;
    await page.locator("#find").fill("LOCKED apply_netplan");
    await page.getByText("0 of 4,433 tests and 0 causes match.").waitFor();
    await page.locator("#find").fill("apply_netplan");
    await page.getByText("5 of 4,433 tests and 1 cause match.").waitFor();
    await page.locator("#find").fill("");
    await page.locator('.filters [name="differs"]').check();
    await page.getByText(/^78 of 4,433 tests and 5 causes match\./).waitFor();
    await page.locator('.filters [name="status"]').selectOption("failed");
    await page.getByText("6 of 4,433 tests").first().waitFor();
    expect(await page.locator('.browser tbody a[href^="#test-"]').count()).toBe(6);
  });
});

describe("a link to a failed test", () => {
  it("opens everything around it, also where its texts stand only in the block", async () => {
    const certificate = manyFailures({ tests: 10_000, failing: 2_500, cells: 1 });
    const last = certificate.failures.at(-1);
    await using open = await opened(browser, certificate, { hash: `#${last?.anchor}` });
    await open.page.getByText(last?.details.split("\n").at(-1) ?? "nothing").waitFor();
    expect(await open.page.locator(`#${last?.anchor}`).isVisible()).toBe(true);
  });
});

describe("an address that names nothing", () => {
  it.each(["#%E0%A4%A", "#nowhere", "#q=%E0%A4%A&order=sideways&cell=none", "#"])("%s does no harm", async (hash) => {
    await using open = await opened(browser, redOrrery(), { hash });
    await open.page.locator("#find").fill("");
    await open.page.locator('.filters [name="status"]').selectOption("failed");
    await open.page.getByText("6 of 4,433 tests and").waitFor();
    expect(open.troubles).toEqual([]);
  });
});

describe("nothing is dropped to be small", () => {
  it.each([
    [500, 4],
    [2_500, 1],
  ])("a token of each of %i failures is in the page as somebody opens it", async (failing, cells) => {
    const certificate = manyFailures({ tests: 10_000, failing, cells });
    await using open = await opened(browser, certificate);
    const { page } = open;
    await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
    await expect.poll(() => page.locator(".short p.whole").count(), { timeout: 60_000 }).toBe(0);
    const text = await page.evaluate<string>("document.body.textContent");
    const tokens = certificate.failures.flatMap((test) => test.details.match(/token-[0-9a-f]{12}/g) ?? []);
    expect(tokens.length).toBeGreaterThanOrEqual(failing);
    expect(tokens.filter((token) => !text.includes(token))).toEqual([]);
  });
});

describe("without JavaScript", () => {
  it("shows the decision, every count and every failure, and says where the list of tests is", async () => {
    const certificate = redOrrery();
    await using open = await opened(browser, certificate, { javaScriptEnabled: false });
    const text = await open.page.locator("main").innerText();
    expect(text).toContain("Not certified: 2 of 14 cells failed");
    expect(text).toContain("All 4,433 results are kept in this file by name, compressed, and in certificate.json.");
    for (const test of certificate.failures) expect(text).toContain(test.name);
    expect(await open.page.locator("#find").isVisible()).toBe(false);
    expect(await open.page.locator(".filters").isVisible()).toBe(false);
    const hidden = certificate.suites.filter((suite) => suite.counts !== null).length;
    expect(await open.page.locator("#suites .rows tbody tr:not(.reason)").count()).toBeGreaterThanOrEqual(hidden);
  });
});
