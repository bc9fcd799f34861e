import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { renderCertificate } from "../../reports/render.ts";
import { sealCertificate } from "../../reports/seal.ts";
import { startChromium } from "../chromium.ts";
import { manyFailures } from "../fixtures/reports/orrery-large.ts";

const sizes = [
  { tests: 10_000, failing: 500, cells: 4 },
  { tests: 50_000, failing: 2_500, cells: 5 },
  { tests: 300_000, failing: 3_000, cells: 60 },
] as const;

const rounds = 5;

/**
 * How long a certificate takes to be rendered, and in Chromium to be painted, to be loaded, and to answer a filter.
 * Medians of five; the first line is the smallest page there is, as a measure of the machine.
 */
export async function benchPage(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "edgecert-bench-page-"));
  const browser = await startChromium();
  try {
    const empty = join(folder, "empty.html");
    writeFileSync(empty, "<!doctype html><html lang=en><title>empty</title><p>empty");
    const floor = await times(browser, empty, false);
    console.log(`an empty page: painted ${floor.painted} ms, loaded ${floor.loaded} ms`);
    for (const size of sizes) {
      const sealed = sealCertificate(manyFailures(size));
      const file = join(folder, `${size.tests}.html`);
      const before = process.cpuUsage();
      writeFileSync(file, renderCertificate(sealed));
      const { user, system } = process.cpuUsage(before);
      const { painted, loaded, filtered } = await times(browser, file, true);
      const megabytes = (statSync(file).size / 1e6).toFixed(2);
      console.log(
        `${size.tests} tests, ${size.failing} failing: ${megabytes} MB, rendered in ${Math.round((user + system) / 1_000)} ms of processor; painted ${painted} ms, loaded ${loaded} ms, a filter answers in ${filtered} ms`,
      );
    }
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
}

async function times(browser: Browser, file: string, filters: boolean) {
  const found: { readonly painted: number; readonly loaded: number; readonly filtered: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
    await page.goto(pathToFileURL(file).href);
    const [painted = 0, loaded = 0] = await page.evaluate<number[]>(timings);
    if (filters) {
      await page.locator(".finder .show").click();
      await page.locator(".browser tbody tr:not(.spacer)").first().waitFor();
    }
    const filtered = filters ? await page.evaluate<number>(typing) : 0;
    found.push({ painted, loaded, filtered });
    await page.close();
  }
  const median = (pick: (one: (typeof found)[number]) => number) =>
    Math.round(found.map(pick).sort((left, right) => left - right)[Math.floor(rounds / 2)] ?? 0);
  return {
    painted: median((one) => one.painted),
    loaded: median((one) => one.loaded),
    filtered: median((one) => one.filtered),
  };
}

/** When something was first painted, however late that is told, and when the page was loaded. */
const timings = `new Promise((done) => new PerformanceObserver((list) => {
  const painted = list.getEntriesByName("first-contentful-paint")[0];
  if (painted !== undefined) done([painted.startTime, performance.getEntriesByType("navigation")[0].loadEventEnd]);
}).observe({ type: "paint", buffered: true }))`;

/** From a word that is typed to its rows being laid out: the slowest of three. */
const typing = `(async () => {
  const input = document.querySelector("#find");
  const took = [];
  for (const word of ["volume", "two leases case 7", "token-c"]) {
    input.value = word;
    const start = performance.now();
    input.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((done) => setTimeout(done));
    document.querySelector(".window").getBoundingClientRect();
    took.push(performance.now() - start);
  }
  return Math.max(...took);
})()`;
