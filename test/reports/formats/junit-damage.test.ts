import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readJunitXml } from "../../../reports/formats/junit-xml.ts";
import type { ReadTest } from "../../../reports/results.ts";
import { memoryFile } from "../../fixtures/results/memory-file.ts";

const rows = (tests: readonly ReadTest[]) => tests.map((test) => `${test.name} ${test.status}`);
const inSuite = (xml: string) => `<testsuite name="s"><testcase name="a"/>${xml}<testcase name="z"/></testsuite>`;
const read = (content: string | Uint8Array) => readJunitXml(memoryFile(content));

describe("a damaged file", () => {
  it.each([
    [
      "a raw ESC",
      inSuite('<testcase name="b"><failure>\x1b[31m</failure></testcase>'),
      ["a passed", "b failed", "z passed"],
      /disallowed character/,
    ],
    [
      "a raw NUL",
      inSuite('<testcase name="b">\0</testcase>'),
      ["a passed", "b passed", "z passed"],
      /disallowed character/,
    ],
    [
      "an ESC as an entity",
      inSuite('<testcase name="b"><failure>&#27;</failure></testcase>'),
      ["a passed", "b failed", "z passed"],
      /entity/,
    ],
    [
      "a bare ampersand",
      inSuite('<testcase name="b & c"><failure message="x & y"/></testcase>'),
      ["a passed", "b & c failed", "z passed"],
      /an ampersand begins no entity, at byte 58 /,
    ],
    [
      "a < in an attribute",
      inSuite('<testcase name="b<c"/>'),
      ["a passed", "b<c passed", "z passed"],
      /disallowed character/,
    ],
    [
      "a log before the declaration",
      `Started 1 < 2\n<?xml version="1.0"?>${inSuite("")}`,
      ["a passed", "z passed"],
      /text data outside/,
    ],
    ["text behind the root", `${inSuite("")}\nDone.`, ["a passed", "z passed"], /text data outside/],
    [
      "a second document behind the root",
      `${inSuite("")}<?xml version="1.0"?>${inSuite("")}`,
      ["a passed", "z passed", "a passed", "z passed"],
      /./,
    ],
    [
      "an end tag of another element",
      inSuite('<testcase name="b"></testcas>'),
      ["a passed", "z passed", "b passed"],
      /close tag|closing tag/,
    ],
    [
      "an end in a test",
      inSuite('<testcase name="b"><failure message="m">tr').split('<testcase name="z"')[0] ?? "",
      ["a passed", "b error"],
      /unclosed tag: failure/,
    ],
    ["a DOCTYPE", `<!DOCTYPE testsuite>${inSuite("")}`, ["a passed", "z passed"], /DOCTYPE, which is refused/],
    [
      "an undeclared entity",
      inSuite('<testcase name="b"><failure>&boom;</failure></testcase>'),
      ["a passed", "b failed", "z passed"],
      /undefined entity/,
    ],
    ["a root of another kind", "<html><body/></html>", [], /begins with <html>/],
  ])("with %s is read as far as it goes, and says where it breaks", async (_what, xml, expected, reason) => {
    const { tests, damaged } = await read(xml);
    expect(damaged).toMatch(reason);
    if (!damaged?.includes("<html>")) expect(damaged).toMatch(/at byte \d+ \(line \d+\)\.$/);
    expect(rows(tests)).toEqual(expected);
  });

  it.each(["", " \n", "\uFEFF"])("is one that is empty: %j", async (text) => {
    expect((await read(text)).damaged).toMatch(/^The file (is empty|ends in the middle)/);
  });

  it("is one whose bytes are not its encoding", async () => {
    const bytes = Buffer.concat([
      Buffer.from('<testsuite><testcase name="'),
      Buffer.from([0xff]),
      Buffer.from('"/></testsuite>'),
    ]);
    const { tests, damaged } = await read(bytes);
    expect(damaged).toBe("The file is not sound XML: some bytes are no UTF-8, at byte 0 (line 1).");
    expect(rows(tests)).toEqual(["\uFFFD passed"]);
  });

  it("says the byte and the line where it breaks, after characters of several bytes", async () => {
    const xml = `<testsuite>\n<!-- ü€😀 -->\n<testcase name="a"/>\n`;
    const { damaged } = await read(`${xml}\0</testsuite>`);
    const at = Number(/byte (\d+) \(line 4\)/.exec(damaged ?? "")?.[1]);
    expect(at - Buffer.byteLength(xml)).toBeLessThanOrEqual(1);
    expect(at).toBeGreaterThanOrEqual(Buffer.byteLength(xml));
  });

  it("is never green, wherever a file is cut", async () => {
    for (const name of ["nested-suites.xml", "properties.xml", "statuses.xml"]) {
      const bytes = readFileSync(join(import.meta.dirname, "../../fixtures/results/junit", name)).subarray(0, 1_500);
      const last = bytes.lastIndexOf("</testsuite");
      const end = last > 0 ? last : bytes.length;
      for (let length = 0; length < end; length += 1) {
        expect((await read(bytes.subarray(0, length))).damaged).not.toBeNull();
      }
    }
  });

  it("leaves no text beside the report that only a first look at it kept", async () => {
    const output = `<system-out>${"x".repeat(300_000)}</system-out>`;
    const file = memoryFile(`<testsuite><testcase name="a"><failure/>${output}</testcase>\0</testsuite>`);
    const { tests, damaged } = await readJunitXml(file);
    expect(damaged).not.toBeNull();
    expect([...file.kept.values()].map((text) => text.length)).toEqual([300_000]);
    expect(tests[0]?.kept).toEqual([{ of: "stdout", path: "kept/output of a", bytes: 300_000 }]);
  });
});

describe("a hostile file", () => {
  const bomb = `<!DOCTYPE t [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>`;

  it("expands no entity and fetches none", async () => {
    const { tests, damaged } = await read(
      `${bomb}${inSuite('<testcase name="b"><failure>&b;&c;</failure></testcase>')}`,
    );
    expect(damaged).toMatch(/DOCTYPE/);
    expect(tests[1]?.details).toBe("&b;&c;");
  });

  it("reads no deeper than its limit, and nothing is lost above that", async () => {
    const deep = `${"<testsuite>".repeat(200_000)}<testcase name="deep"/>${"</testsuite>".repeat(200_000)}`;
    const { tests, damaged } = await read(`<testsuites><testcase name="a"/>${deep}<testcase name="z"/></testsuites>`);
    expect(damaged).toMatch(/more than 64 elements stand inside one another, at byte \d+/);
    expect(rows(tests)).toEqual(["a passed", "z passed"]);
  });

  it("cannot name its way into objects", async () => {
    const { tests, damaged } = await read(
      '<testsuite __proto__="x" constructor="y"><__proto__/><testcase name="__proto__" classname="constructor"><toString/><property name="__proto__" value="v"/></testcase></testsuite>',
    );
    expect(damaged).toBeNull();
    expect(tests).toMatchObject([{ name: "__proto__", class: "constructor", status: "passed" }]);
    expect(tests[0]?.properties).toEqual([{ name: "__proto__", value: "v" }]);
  });

  it("shows names, messages and details within their limits, and keeps the rest beside", async () => {
    const long = "long ".repeat(100_000);
    const file = memoryFile(
      `<testsuite><testcase classname="${long}" name="${long}"><failure message="${long}">${long}</failure></testcase></testsuite>`,
    );
    const { tests, damaged } = await readJunitXml(file);
    const [test] = tests;
    expect(damaged).toBeNull();
    expect(test?.name.length).toBeLessThan(4_200);
    expect(test?.class.length).toBeLessThan(4_200);
    expect(test?.message.length).toBeLessThan(65_700);
    expect(test?.details.length).toBeLessThan(262_300);
    expect(test?.kept?.map((one) => one.of)).toEqual(["message", "details"]);
    expect([...file.kept.values()].map((text) => text.length)).toEqual(
      [500_000, 500_000].map(() => expect.any(Number)),
    );
  });

  it("takes no output of a test that passed into memory or beside the report", async () => {
    const output = `<system-out>${"x".repeat(300_000)}</system-out>`;
    const file = memoryFile(`<testsuite><testcase name="a">${output}</testcase>${output}</testsuite>`);
    const { tests, stdout } = await readJunitXml(file);
    expect([tests[0]?.stdout, stdout, file.kept.size]).toEqual(["", undefined, 0]);
  });
});
