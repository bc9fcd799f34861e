import { describe, expect, it } from "vitest";
import { z } from "zod";
import { cells, define, PlanError, plan, printPlan, readWaivers, type Waiver } from "../../../pipelines/dsl/index.ts";
import { waiverExpiry } from "../../../pipelines/dsl/waiver.ts";
import catalogue from "../../fixtures/dsl/requirements.json" with { type: "json" };
import waivers from "../../fixtures/dsl/waivers.json" with { type: "json" };

const now = "2026-11-24T12:00:00.000Z";
const params = z.object({ customer: z.string().default("all") });

type Written = readonly Waiver[] | ((input: { readonly params: z.output<typeof params> }) => readonly Waiver[]);

function certified(written?: Written, more: object = {}) {
  const { stage, pipeline } = define("certified", {
    params,
    matrix: cells(
      { os: ["debian-12", "debian-13"], environment: "kvm-ssh" },
      { os: "debian-12", environment: "lxd-ssh" },
    ),
    ...(written === undefined ? {} : { waivers: written }),
    ...more,
  });
  const results = stage("results", {
    suites: ({ cell }) => [
      { name: "library", format: "unittest" },
      ...(cell.environment === "kvm-ssh" ? [{ name: "system", format: "rspec-json" } as const] : []),
    ],
    run: async () => {},
  });
  return pipeline([results]);
}

async function mistakes(written: Written, more: object = {}): Promise<string> {
  try {
    await plan(certified(written, more), {}, { now });
    return "";
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    return error.problems.map(({ title, detail, next }) => `${title}: ${detail} ${next}`).join("\n");
  }
}

function waiver(scope: object, given: object = {}): Waiver {
  // The cast is sound for right waivers; wrong ones are what is tested.
  return { scope, ticket: "EP-1", approver: "ada", reason: "known", expires: "2026-12-24", ...given } as Waiver;
}

describe("waivers of a plan", () => {
  it("come from a JSON import, as they are", async () => {
    const made = await plan(certified(waivers), {}, { now });
    expect(made.waivers).toEqual(waivers);
    expect(printPlan(made)).toMatch(
      /^Waivers\n {2}W1 .*test report the memory of its node {2}EP-41 by ada@example\.org, until 2026-12-31$/m,
    );
  });

  it("come from a function of the parameters", async () => {
    const pipeline = certified(({ params: { customer } }) => (customer === "acme" ? [waiver({ test: "a b" })] : []));
    expect((await plan(pipeline, { customer: "acme" })).waivers).toHaveLength(1);
    expect(await plan(pipeline)).not.toHaveProperty("waivers");
  });

  it("leave the digest of a plan without any as it was", async () => {
    const { digest } = await plan(certified());
    expect((await plan(certified([]))).digest).toBe(digest);
    expect((await plan(certified([waiver({ test: "a" })]))).digest).not.toBe(digest);
  });

  it("do not expire between the start of a run and its resumption", async () => {
    const old = certified([waiver({ test: "a" }, { expires: "2020-01-01" })]);
    await expect(plan(old, {}, { now })).rejects.toThrow(/it expired at 2020-01-01/);
    expect((await plan(old)).waivers).toHaveLength(1);
  });

  it("may name cells and suites that a partial plan leaves out", async () => {
    const made = await plan(
      certified([waiver({ cell: "debian-13/kvm-ssh", suite: "system", test: "a" })]),
      {},
      {
        now,
        cells: ["debian-12/lxd-ssh"],
      },
    );
    expect(made.waivers).toHaveLength(1);
  });

  it.each<[string, Waiver, RegExp]>([
    [
      "of an unknown cell",
      waiver({ cell: "debian-12/kvm-shh", test: "a" }),
      /no cell "debian-12\/kvm-shh"\. Did you mean "debian-12\/kvm-ssh"/,
    ],
    ["of an unknown suite", waiver({ suite: "sytem", test: "a" }), /no suite "sytem"\. Did you mean "system"/],
    [
      "of a suite that the cell lacks",
      waiver({ cell: "debian-12/lxd-ssh", suite: "system", test: "a" }),
      /in debian-12\/lxd-ssh there is no suite "system"/,
    ],
    [
      "that expired",
      waiver({ test: "a" }, { expires: "2026-11-24T12:00:00Z" }),
      /it expired at 2026-11-24T12:00:00Z, and it is .* now\. Mend/,
    ],
    ["without a date", waiver({ test: "a" }, { expires: "soon" }), /its expiry "soon" is no date/],
    ["of a day that no month has", waiver({ test: "a" }, { expires: "2027-02-30" }), /"2027-02-30" is no date/],
    [
      "for longer than 90 days",
      waiver({ test: "a" }, { expires: "2027-02-23" }),
      /valid for too long, until 2027-02-23\. .*by 2027-02-22/,
    ],
    ["without a ticket", waiver({ test: "a" }, { ticket: " " }), /its ticket is " "\. Name the ticket/],
    ["without an approver", waiver({ test: "a" }, { approver: undefined }), /its approver is missing/],
    ["without a reason", waiver({ test: "a" }, { reason: 7 }), /its reason is 7/],
    ["of everything", waiver({}), /too wide: \{\} names neither a test nor a scenario/],
    ["of a whole cell", waiver({ cell: "debian-12/kvm-ssh" }), /too wide/],
    ["of a whole suite", waiver({ suite: "system" }), /too wide/],
    ["of a pattern", waiver({ cell: "debian-*", test: "a" }), /is the pattern "debian-\*"/],
    ["of parameters without a test", waiver({ params: "x", scenario: "EP1.1" }), /parameters of no test/],
    ["of vanished tests of any suite", waiver({ vanished: 3 }), /accepts vanished tests of any suite/],
    [
      "of vanished tests that are not counted",
      waiver({ suite: "system", vanished: true }),
      /vanished of its scope is true/,
    ],
    ["of less than no vanished test", waiver({ suite: "system", vanished: -1 }), /vanished of its scope is -1/],
    ["of two things at once", waiver({ suite: "system", vanished: 1, test: "a" }), /Write two waivers/],
    ["of a scenario without a catalogue", waiver({ scenario: "EP1.1" }), /there is no catalogue/],
    ["with a strange field", waiver({ tests: "a", test: "b" }), /it has the field "tests"\. Did you mean "test"/],
    ["with an empty name", waiver({ test: "" }), /test of its scope is ""/],
  ])("are refused %s", async (_what, one, words) => {
    expect(await mistakes([one])).toMatch(words);
  });

  it("are refused all at once, also twice the same", async () => {
    const told = await mistakes([waiver({}), waiver({ test: "a" }), waiver({ test: "a" }, { reason: "again" })]);
    expect(told).toMatch(/Bad waiver 1: .*\n(.*\n)*Two waivers for the same: \{"test":"a"\}/);
  });

  it("are refused for a scenario that the catalogue lacks", async () => {
    const requirements = { requirements: catalogue };
    expect(await mistakes([waiver({ scenario: "EP1.7" })], requirements)).toMatch(
      /no scenario "EP1\.7"\. Did you mean/,
    );
    expect(await mistakes([waiver({ scenario: "EP1.2" })], requirements)).toBe("");
  });

  it("are refused where their function throws", async () => {
    const throwing = () => {
      throw new Error("no such customer");
    };
    expect(await mistakes(throwing)).toMatch(/The function for waivers threw: no such customer/);
  });
});

describe("waivers of a file", () => {
  it("are checked without knowing what is expected", () => {
    const read = readWaivers([waiver({ cell: "anything", test: "a" })], { suites: null, scenarios: null, now });
    expect(read).toEqual({ waivers: [waiver({ cell: "anything", test: "a" })], problems: [] });
  });

  it.each<[unknown, RegExp]>([
    [{ waivers: [] }, /is no list/],
    [null, /null is no list/],
    [["x"], /it is "x"/],
    [[{ scope: null, ticket: "t", approver: "a", reason: "r", expires: "2026-12-01" }], /its scope is null/],
  ])("%j is none", (given, words) => {
    const { waivers: none, problems } = readWaivers(given, { suites: null, scenarios: null, now });
    expect(none).toEqual([]);
    expect(problems[0]?.detail).toMatch(words);
  });
});

it.each<[string, string | null]>([
  ["2026-12-31", "2026-12-31T00:00:00.000Z"],
  ["2026-12-31T18:30Z", "2026-12-31T18:30:00.000Z"],
  ["2026-12-31T18:30:05.123Z", "2026-12-31T18:30:05.123Z"],
  ["2026-12-31T18:30:00", null],
  ["2026-12-31T24:30:00Z", null],
  ["2026-13-01", null],
  ["2026-02-29", null],
  ["31.12.2026", null],
  ["", null],
])("the expiry %j is at %s", (text, at) => {
  const expiry = waiverExpiry(text);
  expect(expiry === null ? null : new Date(expiry).toISOString()).toBe(at);
});
