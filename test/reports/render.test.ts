import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { renderCertificate } from "../../reports/render.ts";
import { readCertificate, sealCertificate, writeCertificate } from "../../reports/seal.ts";
import { emptyCertificate } from "../fixtures/reports/empty.ts";
import { libraryTests, systemTests } from "../fixtures/reports/files.ts";
import { certified, inventedRun } from "../fixtures/reports/run.ts";
import { notRun, redAndDamaged, redEverywhere, type Stories, withRetry } from "../fixtures/reports/stories.ts";

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function pageOf(stories: Stories = {}): Promise<string> {
  const { certificate, folder } = await certified(inventedRun(stories));
  folders.push(folder);
  return renderCertificate(sealCertificate(certificate));
}

function count(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].length;
}

/** The page without what its own two script elements hold. */
function withoutScripts(page: string): string {
  return page.replace(/<script type="(application\/json|module)"[^>]*>[\s\S]*?<\/script>/g, "");
}

/** The text that a reader sees in the page's body, in one line. */
function seen(page: string): string {
  return withoutScripts(page)
    .slice(withoutScripts(page).indexOf("<body"))
    .replace(/<[^>]*>/g, " ")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#x27;/g, "'")
    .replace(/&#x3D;/g, "=")
    .replace(/&amp;/g, "&")
    .replace(/\s+/g, " ");
}

const stories: readonly [string, Stories][] = [
  ["green", {}],
  ["red", redEverywhere],
  ["red and damaged", redAndDamaged],
  ["without servers", notRun],
  ["retried", withRetry],
];

it("never counts what an inconclusive suite delivered as all that there is", async () => {
  const page = seen(await pageOf(redAndDamaged));
  expect(page).toMatch(/of \d+ results passed[.,]/);
  expect(page).toMatch(/One of \w+ suites is inconclusive: what it did not deliver is not counted here\./);
  expect(seen(await pageOf({}))).not.toContain("inconclusive:");
});

describe.each(stories)("the page of a run that is %s", (_name, told) => {
  it("is one whole document that nothing can be loaded into or run in", async () => {
    const page = await pageOf(told);
    expect(page.startsWith("<!doctype html>")).toBe(true);
    expect(count(page, /<(iframe|object|embed|link|base|img)\b/gi)).toBe(0);
    expect([...page.matchAll(/<script\b[^>]*>/gi)].map(([tag]) => tag)).toEqual([
      '<script type="application/json" id="all-tests">',
      '<script type="module">',
    ]);
    expect(count(page, /<form\b[^>]*\saction=/gi)).toBe(0);
    expect(count(page, /\s(style|on\w+|src)=/gi)).toBe(0);
    expect(count(page, /https?:\/\//g)).toBe(0);
    const hashes = (pattern: RegExp) =>
      [...page.matchAll(pattern)].map(([, text = ""]) => {
        const hash = createHash("sha256").update(text).digest("base64").replace(/=/g, "&#x3D;");
        return `&#x27;sha256-${hash}&#x27;`;
      });
    const [script = ""] = hashes(/<script type="module">([\s\S]*?)<\/script>/g);
    const styles = hashes(/<style>([\s\S]*?)<\/style>/g).join(" ");
    const policy = page.match(/Content-Security-Policy" content="([^"]*)"/)?.[1] ?? "";
    expect(policy.startsWith(`default-src &#x27;none&#x27;; script-src ${script}; style-src ${styles};`)).toBe(true);
    expect(policy).not.toContain("unsafe");
  });

  it("has one headline, numbered clauses, and no link into nothing", async () => {
    const page = await pageOf(told);
    expect(count(page, /<h1>/g)).toBe(1);
    const numbers = [...page.matchAll(/class="number">(\d+)</g)].map((match) => Number(match[1]));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    const targets = [...page.matchAll(/href="#([^"]+)"/g)].map((match) => match[1]);
    expect(targets.filter((target) => !ids.includes(target))).toEqual([]);
  });

  it("closes every element that it opens", async () => {
    const page = await pageOf(told);
    const open: string[] = [];
    for (const [, end, name = "", self] of withoutScripts(page).matchAll(/<(\/?)([a-z0-9]+)(?:\s[^<>]*?)?(\/?)>/g)) {
      if (name === "meta" || name === "input" || self === "/") continue;
      if (end === "") open.push(name);
      else expect(open.pop()).toBe(name);
    }
    expect(open).toEqual([]);
  });
});

describe("what a reader sees", () => {
  it("is the decision, its causes and the proof that nothing was left", async () => {
    const text = seen(await pageOf(redAndDamaged));
    expect(text).toContain("Not certified: 1 of 3 cells failed");
    expect(text).toContain("One of three cells passed. Two have no passing result.");
    expect(text).toContain("Fails only in Debian 13, KVM SSH; passes in the other cell that ran it.");
    expect(text).toContain("Debian 12, microVM SSH is inconclusive. None of its results counts as passed.");
    expect(text).toContain("0 machines");
    expect(text).toContain("Eight servers came up. All of them are given back.");
  });

  it("says that missing machines say nothing about the product", async () => {
    const text = seen(await pageOf(notRun));
    expect(text).toContain("The server node1 did not answer by SSH within 3 min. Debian 13, KVM SSH did not run.");
    expect(text).toContain("This says nothing about the product.");
    expect(text).toContain("Kernel panic - not syncing");
  });

  it("shows a failed test of an earlier attempt, and that it does not count", async () => {
    const [first, ...rest] = systemTests;
    const flaky = first === undefined ? [] : [{ ...first, status: "failed" as const, message: "it was slow" }, ...rest];
    const text = seen(await pageOf({ "debian-12/kvm-ssh": { firstAttempt: flaky } }));
    expect(text).toContain("Certified: all 3 cells passed, one with a retry");
    expect(text).toContain("“edgeprobe agent starts and stays up” fails. Debian 12, KVM SSH passed when tried again.");
    expect(text).toContain("attempt 1, not counted");
    expect(text).toContain("Attempt 1 failed, tried again");
  });

  it("never says that nothing was left when nobody could look", () => {
    const text = seen(renderCertificate(sealCertificate(emptyCertificate())));
    expect(text).toContain("It is not known what was left behind.");
    expect(text).not.toContain("0 machines");
    expect(text).not.toContain("Certified:");
  });

  it("can be approved only when it is green and asked for", async () => {
    const { certificate, folder } = await certified(inventedRun());
    folders.push(folder);
    const asked = { ...certificate, plan: { ...certificate.plan, approvals: ["release-approval"] } };
    expect(seen(renderCertificate(sealCertificate(asked)))).toContain("edgecert approve 2026-11-21.1");
    const red = { ...asked, verdict: "failed" as const };
    expect(seen(renderCertificate(sealCertificate(red)))).not.toContain("edgecert approve");
  });
});

describe("hostile text", () => {
  const escapeSign = String.fromCodePoint(27);
  const hostile = `</pre><script>alert(1)</script><img src=x onerror=alert(2)>{{{evil}}} \u202Egnp.exe\u0000 ${escapeSign}[31mred${escapeSign}[0m ${escapeSign}]0;title\u0007 " ' &amp;`;

  it("stays text, and what cannot be seen is shown", async () => {
    const bad = { status: "failed" as const, message: hostile, trace: [hostile], file: `"><b>${hostile}` };
    const system = systemTests.map((test, index) =>
      index === 1 ? { ...test, ...bad, name: hostile, group: hostile } : test,
    );
    const library = libraryTests.map((test, index) =>
      index === 1 ? { ...test, status: "skipped" as const, message: hostile, name: hostile } : test,
    );
    const page = await pageOf({ "debian-12/kvm-ssh": { system, library } });
    expect(withoutScripts(page)).not.toMatch(/<script|<img|\sonerror="|<b>⟨/i);
    expect(/\p{Cc}/u.test(page.replaceAll("\n", "").replaceAll("\t", ""))).toBe(false);
    expect(/\p{Cf}/u.test(page)).toBe(false);
    const text = seen(page);
    expect(text).toContain("<script>alert(1)</script>");
    expect(text).toContain("{{{evil}}}");
    expect(text).toContain("⟨U+202E⟩gnp.exe⟨U+0000⟩ red ⟨U+001B⟩]0;title⟨U+0007⟩");
    expect(text).toContain("&amp;amp;".replace("&amp;", "&"));
  });

  it("cannot become a link that leaves the folder or runs", async () => {
    const { certificate, folder } = await certified(inventedRun(redEverywhere));
    folders.push(folder);
    const paths = ["javascript:alert(1)", "../../etc/passwd", "/etc/passwd", "a/%2e%2e/b", 'x" onclick="y'];
    const evidence = paths.map((path) => ({
      node: "results@debian-12/kvm-ssh",
      attempt: 1,
      host: null,
      kind: "journal",
      file: { path, sha256: "0", bytes: 1 },
      truncated: false,
    }));
    const page = renderCertificate(sealCertificate({ ...certificate, evidence }));
    const links = [...page.matchAll(/href="([^"#][^"]*)"/g)].map((match) => match[1] ?? "");
    expect(links.filter((href) => !href.startsWith("./"))).toEqual([]);
    expect(links.filter((href) => href.split("/").includes(".."))).toEqual([]);
    expect(links).toContain("./javascript%3Aalert(1)");
    expect(page).not.toContain('onclick="');
  });
});

describe("writeCertificate", () => {
  it("writes both files whole, and the digest is that of the JSON file", async () => {
    const { certificate, folder } = await certified(inventedRun());
    folders.push(folder);
    const { digest, json, html } = await writeCertificate(folder, certificate);
    const bytes = await readFile(json);
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(digest);
    expect(digest).toBe(sealCertificate(certificate).digest);
    expect((await stat(html)).size).toBeGreaterThan(20_000);
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("writes what can be read back and rendered again to the same page", async () => {
    const { certificate, folder } = await certified(inventedRun(redEverywhere));
    folders.push(folder);
    const { html } = await writeCertificate(folder, certificate);
    const again = await readCertificate(folder);
    expect(renderCertificate(again) === (await readFile(html, "utf8"))).toBe(true);
    expect(sealCertificate(again.certificate).digest).toBe(again.digest);
  });
});

describe("the templates", () => {
  it("write nothing unescaped", async () => {
    const folder = join(import.meta.dirname, "../../reports/templates");
    const templates = (await readdir(folder)).filter((name) => name.endsWith(".hbs"));
    expect(templates.length).toBeGreaterThan(5);
    for (const name of templates) expect(await readFile(join(folder, name), "utf8")).not.toMatch(/\{\{\{|\{\{~?&/);
  });
});
