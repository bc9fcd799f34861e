import { describe, expect, it } from "vitest";
import { separatingAxis } from "../../reports/cause-axes.ts";
import { causeSignature } from "../../reports/cause-signature.ts";
import { causesOf, testCausesAtMost, type UncausedTest } from "../../reports/causes.ts";
import type { RunVerdicts } from "../../reports/verdict.ts";
import { plan } from "../fixtures/reports/plan.ts";

const failure = { suite: "system", class: "Guest", name: "boots", message: "", details: "" };

describe("the signature of a failure", () => {
  it.each([
    ["connection to 10.0.0.7:8080 refused after 3.2 s", "connection to 10.0.0.9:31007 refused after 12 s"],
    ["undefined method for #<Vm:0x000078aa>", "undefined method for #<Vm:0x0000feed01>"],
    ["cannot open /tmp/one-ab12x/disk.0", "cannot open /tmp/zz/deeper/disk.1"],
    ["cannot open /var/tmp/a: denied", "cannot open /tmp/b: denied"],
    ["lease 123e4567-e89b-12d3-a456-426614174000 is gone", "lease 99999999-aaaa-bbbb-cccc-0123456789ab is gone"],
    ["no route to fe80::1ff:fe23:4567:890a", "no route to 2001:db8:0:1::2"],
    ["address 52:54:00:ab:cd:01 is taken", "address 52:54:00:00:00:ff is taken"],
    ["at 2026-11-24T02:14:07Z the node was gone", "at 2026-11-23T22:00:00.123+01:00 the node was gone"],
    ["digest deadbeefcafe differs", "digest 0123abcdef99 differs"],
  ])("is the same for %j and %j", (one, other) => {
    expect(causeSignature({ ...failure, message: one, name: "x" })).toBe(
      causeSignature({ ...failure, message: other }),
    );
  });

  it.each([
    ["connection refused", "connection reset"],
    ["cannot open /etc/one/oned.conf", "cannot open /etc/one/sched.conf"],
    ["the facade is closed", "the decade is closed"],
  ])("tells %j from %j", (one, other) => {
    expect(causeSignature({ ...failure, message: one })).not.toBe(causeSignature({ ...failure, message: other }));
  });
});

describe("the axis that separates", () => {
  const cells = new Map(
    ["a1", "a2", "b1", "b2"].map((id) => [id, { letter: id[0] ?? "", digit: id[1] ?? "" }] as const),
  );
  it.each([
    ["one value", ["a1", "a2"], ["b1", "b2"], { axis: "letter", values: ["a"] }],
    ["nothing where a cell of every value passed", ["a1"], ["b1", "a2"], null],
    ["nothing where both axes do", ["a1"], ["b2"], null],
    ["nothing where nothing passed", ["a1", "a2"], [], null],
  ])("is %s", (_what, failing, passing, axis) => {
    expect(separatingAxis(cells, failing, passing)).toEqual(axis);
  });
});

describe("causes", () => {
  const run: RunVerdicts = { verdict: "failed", cells: [], suites: [], doubts: [], records: new Map(), waivers: [] };
  const failed = (index: number, message: string): UncausedTest => ({
    ...failure,
    anchor: `test-${index}`,
    node: "results@debian-12/kvm-ssh",
    scope: {},
    framework: "rspec",
    name: `test ${index}`,
    params: null,
    occurrence: 1,
    status: "failed",
    attempt: 1,
    counted: true,
    durationMs: null,
    message,
    stdout: "",
    location: null,
  });
  /** A message that shares no word with another. */
  const word = (index: number) =>
    `reason ${index.toString(26).replace(/[0-9]/g, (digit) => "qrstuvwxyz"[Number(digit)] ?? "")}!`;

  it("are no more than can be named: the rarest share one for each suite", () => {
    const tests = Array.from({ length: 3 * testCausesAtMost }, (_, index) => failed(index, word(index >> 1)));
    const { causes, failures } = causesOf(plan, run, tests);
    expect(causes).toHaveLength(testCausesAtMost + 1);
    expect(
      causes
        .slice(0, 28)
        .map(({ letter }) => letter)
        .slice(24),
    ).toEqual(["Y", "Z", "AA", "AB"]);
    expect(new Set(causes.map(({ letter }) => letter)).size).toBe(causes.length);
    expect(causes.flatMap((cause) => cause.tests)).toHaveLength(tests.length);
    const letters = new Set(causes.map(({ letter }) => letter));
    expect(failures.filter(({ cause }) => !letters.has(cause))).toEqual([]);
    expect(causes.map(({ title }) => title).filter((title) => title.includes("of its own"))).toHaveLength(1);
  });
});
