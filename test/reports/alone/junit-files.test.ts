import { describe, expect, it } from "vitest";
import { certifyResults } from "../../../reports/alone/certify.ts";
import { keptTexts } from "../../../reports/kept-texts.ts";
import { resultsFolder } from "../../fixtures/reports/results-folder.ts";

const place = "debian-12/kvm-ssh/TEST-system.xml";

/** The certificate of one JUnit file in one folder; long texts are kept beside it. */
async function certified(xml: string) {
  using folder = resultsFolder({ [place]: xml });
  const kept = keptTexts(`${folder.path}/report`, (text) => text);
  const rest = { product: "p", version: "1", expectation: null, at: "2026-11-24T12:00:00.000Z", tell: () => {} };
  const certificate = await certifyResults({ folder: folder.path, kept, ...rest });
  if (certificate === null) throw new Error("nothing was found");
  return certificate;
}

const passed = `<testcase classname="a.B" name="one" time="0.1"/>`;

describe("JUnit files that something else produced", () => {
  it("are never green where they end in the middle, though what stands there passed", async () => {
    const whole = `<testsuite name="system" tests="2">${passed}<testcase classname="a.B" name="two"/></testsuite>`;
    expect((await certified(whole)).verdict).toBe("passed");
    const { verdict, suites } = await certified(whole.slice(0, -20));
    expect({ verdict, reason: suites[0]?.reason }).toMatchObject({
      verdict: "inconclusive",
      reason: expect.stringContaining("byte"),
    });
  });

  it("keep a time with a comma between thousands for what it is", async () => {
    const { suites } = await certified(`<testsuite><testcase classname="a.B" name="one" time="1,234.5"/></testsuite>`);
    expect(suites[0]?.tests[0]?.durationMs).toBe(1_234_500);
  });

  it("show a test that Surefire ran again as flaky, with its attempts", async () => {
    const flaky = `<testcase classname="a.B" name="two"><flakyFailure message="refused" type="E">at a.B</flakyFailure></testcase>`;
    const { verdict, failures, suites } = await certified(`<testsuite tests="2">${passed}${flaky}</testsuite>`);
    expect(verdict).toBe("passed-with-retries");
    expect(suites[0]?.tests.map(({ name, flaky: tried }) => [name, tried])).toEqual([
      ["one", undefined],
      ["two", true],
    ]);
    expect(failures).toMatchObject([{ name: "two", status: "passed", attempts: [{ message: "refused" }] }]);
  });

  it("show the end of what the suite itself printed where it is not green, and keep all of a long output", async () => {
    const lines = Array.from({ length: 60_000 }, (_, index) => `line ${index} of the output`).join("\n");
    const failed = `<testcase classname="a.B" name="two"><failure message="no"/></testcase>`;
    const { suites, remarks } = await certified(
      `<testsuite tests="2">${passed}${failed}<system-out>${lines}</system-out></testsuite>`,
    );
    expect(suites[0]?.tail?.text).toMatch(/line 59999 of the output$/);
    expect(remarks).toContainEqual(
      expect.objectContaining({ what: "Kept", detail: expect.stringMatching(/all of it lies in kept\//) }),
    );
  });
});
