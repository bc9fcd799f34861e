import { existsSync } from "node:fs";
import { mkdtemp, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { runCommand } from "../../infra/hosts/command.ts";
import { findCommand } from "../../infra/hosts/requirements.ts";
import { type Failure, FailureError } from "../dsl/failure.ts";

/** Names under which distributions install Chromium or what is built of it. */
const browsers = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** A page of many thousand failures takes a minute; more than this is a browser that hangs. */
const printDeadlineMs = 300_000;

/** The browser to print with: `EDGECERT_CHROMIUM`, else the first that is on the path; null where there is none. */
export function findBrowser(environment: NodeJS.ProcessEnv = process.env): string | null {
  const { EDGECERT_CHROMIUM: named = "" } = environment;
  if (named !== "") return existsSync(named) ? named : (findCommand(named) ?? null);
  return browsers.map((name) => findCommand(name)).find((found) => found !== undefined) ?? null;
}

/**
 * Prints a page to a PDF beside it, with tags and an outline, and gives its path. The browser reaches no network and no
 * profile of the user's. Throws a FailureError where there is no browser, or it wrote nothing.
 */
export async function printPage(page: string): Promise<string> {
  const browser = findBrowser();
  if (browser === null) throw new FailureError(noBrowser(page));
  const pdf = `${page.replace(/\.html?$/i, "")}.pdf`;
  const profile = await mkdtemp(join(tmpdir(), "edgecert-print-"));
  // Because a browser that is stopped in the middle leaves half a file, it gets its name when it is whole.
  const made = join(dirname(pdf), `.${basename(pdf)}.${process.pid}.tmp`);
  try {
    const words = [...settings(profile), `--print-to-pdf=${made}`, pathToFileURL(page).href];
    const signal = AbortSignal.timeout(printDeadlineMs);
    const { code, tail } = await runCommand(browser, words, { signal, env: { HOME: profile } });
    const size = (await stat(made).catch(() => null))?.size ?? 0;
    if (code !== 0 || size === 0) throw new FailureError(notPrinted(browser, code, tail));
    await rename(made, pdf);
    return pdf;
  } finally {
    await rm(made, { force: true });
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

function settings(profile: string): readonly string[] {
  return [
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    // Because the page loads nothing, whatever would be looked up is not from us.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer",
    "--export-tagged-pdf",
    "--generate-pdf-document-outline",
    `--user-data-dir=${profile}`,
    // Because Chromium refuses to run as root with a sandbox; the page allows itself no network and no foreign script.
    ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
  ];
}

function noBrowser(page: string): Failure {
  return {
    reason: "no-browser",
    class: "fatal",
    title: "There is no Chromium to print with",
    detail: `Looked for ${browsers.join(", ")} on the path, and for EDGECERT_CHROMIUM. The page is whole: ${page}`,
    next: "Install Chromium (Debian: apt-get install chromium), or print the page from any browser.",
  };
}

function notPrinted(browser: string, code: number | null, tail: string): Failure {
  return {
    reason: "not-printed",
    class: "fatal",
    title: "The page was not printed",
    detail: `${browser} ended with ${code ?? "a signal"}.\n${tail.trim().slice(-2_000)}`,
    next: "Print the page from a browser; on a machine with little memory close what else runs.",
  };
}
