import { rm } from "node:fs/promises";
import { expect, it } from "vitest";
import { coverageCsv, testsCsv } from "../../../reports/exports/csv.ts";
import { coverage, hostile } from "../../fixtures/reports/hostile.ts";
import { certified, inventedRun } from "../../fixtures/reports/run.ts";
import { redEverywhere } from "../../fixtures/reports/stories.ts";

/** RFC 4180, strictly: throws where a quote stands in a bare field or a line does not end with CRLF. */
function records(text: string): readonly (readonly string[])[] {
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  const all: string[][] = [[]];
  while (field.lastIndex < text.length) {
    const at = field.lastIndex;
    const found = field.exec(text);
    if (found === null) throw new Error(`not RFC 4180 at ${at}: ${text.slice(at, at + 40)}`);
    all.at(-1)?.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? "");
    if (found[3] === "\r\n") all.push([]);
  }
  return all.slice(0, -1);
}

async function red() {
  const { certificate, folder } = await certified(inventedRun(redEverywhere));
  await rm(folder, { recursive: true });
  return certificate;
}

it("lists every test once, with as many fields as the heading", async () => {
  const certificate = await red();
  const [heading, ...rows] = records([...testsCsv(certificate)].join(""));
  expect(rows).toHaveLength(certificate.suites.flatMap((suite) => suite.tests).length);
  expect(rows.every((row) => row.length === heading?.length)).toBe(true);
  expect(rows.filter((row) => row[7] === "failed")).toHaveLength(6);
});

it("writes no field that a spreadsheet computes", async () => {
  const certificate = hostile(await red());
  const fields = [
    ...records([...testsCsv(certificate)].join("")),
    ...records([...coverageCsv(certificate)].join("")),
  ].flat();
  expect(fields.filter((field) => field.startsWith("'="))).not.toEqual([]);
  expect(fields.filter((field) => /^\s*[=+\-@\t\r]/.test(field))).toEqual([]);
});

it("says which requirements are covered, which are not, and which tests belong to none", async () => {
  const [, ...rows] = records([...coverageCsv({ ...(await red()), coverage })].join(""));
  expect(rows.map((row) => row.join("|"))).toEqual([
    "covered|agent|R-1|Reports memory|passed|V-1|memory|passed|debian-12/kvm-ssh|passed|2",
    'gap|agent|R-2|Sees guests, also "nested" ones|not-run|V-2|nested guest|not-run|||0',
    "gap|agent|R-3|'-1 day of history|not-run||||||0",
    "orphan|||||V-9|library test_orphan||||1",
  ]);
});
