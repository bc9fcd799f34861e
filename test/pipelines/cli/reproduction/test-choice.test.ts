import { expect, it } from "vitest";
import { findTest } from "../../../../pipelines/cli/reproduction/test-choice.ts";
import type { Certificate } from "../../../../reports/certificate-document.ts";
import { certified, inventedRun } from "../../../fixtures/reports/run.ts";
import { redAndDamaged } from "../../../fixtures/reports/stories.ts";

const { certificate } = await certified(inventedRun(redAndDamaged));
const cell = "debian-13/kvm-ssh";
const chosen = (named: string, of: Certificate = certificate) => findTest(of, cell, named);
const first = certificate.suites.find(({ cells, suite }) => cells.includes(cell) && suite === "library")?.tests[0];
if (first === undefined) throw new Error("the story has no test");

it("finds a test by its name, and by its class and name", () => {
  const found = { suite: "library", class: first.class, name: first.name };
  for (const named of [first.name, `${first.class} ${first.name}`, `${first.class}.${first.name}`])
    expect(chosen(named)).toEqual(found);
});

it("takes the one that failed where several have the name", () => {
  const suites = certificate.suites.map((suite) => ({
    ...suite,
    tests: suite.tests.map((test, index) => ({
      ...test,
      name: "same",
      class: `C${index}`,
      status: index === 1 ? ("failed" as const) : ("passed" as const),
    })),
  }));
  const [library, ...others] = suites.filter(({ cells }) => cells.includes(cell));
  const one = { ...certificate, suites: library === undefined ? [] : [library] };
  expect(chosen("same", one)).toMatchObject({ class: "C1" });
  expect(others).not.toEqual([]);
  expect(() => chosen("same", { ...certificate, suites })).toThrow("Several tests are called so");
});

it("names the nearest where there is none", () => {
  expect(() => chosen(`${first.name}x`)).toThrow(
    expect.objectContaining({ failure: expect.objectContaining({ next: expect.stringContaining(first.name) }) }),
  );
});
