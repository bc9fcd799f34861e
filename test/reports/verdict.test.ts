import { describe, expect, it } from "vitest";
import type { Event, ServerFacts } from "../../pipelines/dsl/event.ts";
import type { Failure, FailureClass } from "../../pipelines/dsl/failure.ts";
import type { Plan } from "../../pipelines/dsl/plan-document.ts";
import type { SuiteResult, TestStatus } from "../../reports/results.ts";
import { judge, worst } from "../../reports/verdict.ts";
import { node, plan as quickstart } from "../fixtures/reports/plan.ts";

const cell = { os: "debian-12", environment: "kvm-ssh" };
const id = "debian-12/kvm-ssh";
const results = `results@${id}`;
const servers = `servers@${id}`;

/*
 *   build@debian-12 (suite unit) --.
 *   servers@debian-12/kvm-ssh ------+--> results@debian-12/kvm-ssh (suite system)
 */
const plan: Plan = {
  ...quickstart,
  cells: [{ id, values: cell }],
  nodes: [
    node("build@debian-12", { cell: { os: "debian-12" }, suites: [{ name: "unit", format: "unittest" }] }),
    node(servers, { cell }),
    node(results, {
      cell,
      needs: { build: "build@debian-12", servers },
      suites: [{ name: "system", format: "rspec-json" }],
    }),
  ],
};

type Told = readonly [type: Event["type"], node: string | null, data: object, attempt?: number];

/** Tells events in order, after the start of the run. */
function stream(told: readonly Told[]): readonly Event[] {
  const begun: Told = ["run.started", null, { planDigest: plan.digest, resumed: false, nodes: 3 }];
  return [begun, ...told].map(([type, of, data, attempt = 1], index) => {
    const at = new Date(1_000 * index).toISOString();
    const line = { v: 1, seq: index + 1, at, run: "r1", type, data, ...(of === null ? {} : { node: of, attempt }) };
    // Through JSON, because a table of events is wider than the union it is made for.
    const event: Event = JSON.parse(JSON.stringify(line));
    return event;
  });
}

function failure(kind: FailureClass, reason = "broken"): Failure {
  return { reason, class: kind, title: `Broken by ${kind}`, detail: "seen", next: "try" };
}

const green: readonly Told[] = [
  ["node.started", "build@debian-12", {}],
  ["suite.finished", "build@debian-12", { suite: "unit" }],
  ["node.passed", "build@debian-12", {}],
  ["node.started", servers, {}],
  ["node.passed", servers, {}],
  ["node.started", results, {}],
  ["suite.started", results, { suite: "system" }],
  ["suite.finished", results, { suite: "system" }],
  ["node.passed", results, {}],
];

interface Evidence {
  readonly tests?: readonly TestStatus[];
  readonly exitCode?: number | null;
  readonly damaged?: string | null;
  readonly attempt?: number;
  readonly format?: SuiteResult["format"];
}

/** Evidence of both suites, bound to the events that announced it; the last suite differs as given. */
function evidence(events: readonly Event[], given: Evidence | readonly Evidence[] = {}): readonly SuiteResult[] {
  const list: readonly Evidence[] = "length" in given ? given : [given];
  const finished = events.filter((event) => event.type === "suite.finished");
  const system = finished.filter((event) => event.node === results);
  return finished.map((event): SuiteResult => {
    const own: Evidence = list[system.indexOf(event)] ?? {};
    const suite = event.type === "suite.finished" ? event.data.suite : "";
    const of = { cell: id, suite, framework: "rspec" };
    return {
      node: event.node ?? "",
      attempt: event.attempt ?? 1,
      ...of,
      format: own.format ?? (suite === "unit" ? "unittest" : "rspec-json"),
      exitCode: own.exitCode === undefined ? 0 : own.exitCode,
      durationMs: 1_000,
      seq: event.seq,
      files: [],
      log: null,
      damaged: own.damaged ?? null,
      remarks: [],
      tests: (own.tests ?? ["passed", "passed"]).map((status, index) => ({
        ...of,
        class: "a class",
        name: `test ${index}`,
        params: null,
        occurrence: 1,
        status,
        durationMs: null,
        message: "",
        details: "",
        stdout: "",
        location: null,
      })),
    };
  });
}

function verdictOf(told: readonly Told[], given: Evidence | readonly Evidence[] = {}) {
  const events = stream(told);
  const run = judge(plan, events, { results: evidence(events, given) });
  const [only] = run.cells;
  return { verdict: only?.verdict, blame: only?.blame, reason: only?.reason };
}

/** The green run with everything after the start of the results replaced. */
function ending(...told: readonly Told[]): readonly Told[] {
  return [...green.slice(0, 6), ...told];
}

describe("one piece of evidence", () => {
  it.each<[string, Evidence, string, string, RegExp]>([
    ["all passed", {}, "passed", "nobody", /^$/],
    ["some skipped", { tests: ["passed", "skipped"] }, "passed", "nobody", /^$/],
    ["a failed test", { tests: ["passed", "failed"], exitCode: 1 }, "failed", "product", /^1 test failed, 1 passed\.$/],
    ["a broken test", { tests: ["passed", "error"], exitCode: 1 }, "failed", "product", /^1 test failed/],
    ["no test", { tests: [] }, "inconclusive", "evidence", /without a single test/],
    ["all skipped", { tests: ["skipped", "skipped"] }, "inconclusive", "evidence", /^All of its 2 tests were skipped/],
    ["exit code 1, all passed", { exitCode: 1 }, "inconclusive", "evidence", /ended with exit code 1\.$/],
    [
      "exit code 0, one failed",
      { tests: ["failed"], exitCode: 0 },
      "inconclusive",
      "evidence",
      /one of the two is wrong/,
    ],
    ["exit code unknown", { exitCode: null }, "inconclusive", "evidence", /its exit code was lost/],
    ["exit code unknown, one failed", { tests: ["failed"], exitCode: null }, "failed", "product", /^1 test failed/],
    ["damaged", { damaged: "It is cut." }, "inconclusive", "evidence", /^It is cut\.$/],
    [
      "damaged, one failed",
      { damaged: "It is cut.", tests: ["failed"], exitCode: 1 },
      "failed",
      "product",
      /damaged as well: It is cut\./,
    ],
    ["another format", { format: "tap" }, "inconclusive", "evidence", /of the format tap, not rspec-json/],
  ])("%s", (_what, given, verdict, blame, reason) => {
    const said = verdictOf(green, given);
    expect(said).toMatchObject({ verdict, blame });
    expect(said.reason).toMatch(reason);
  });

  it("is inconclusive where one attempt recorded it twice and differently", () => {
    const again = [...green.slice(0, -1), ...green.slice(-2)];
    expect(verdictOf(again, [{ tests: ["failed"], exitCode: 1 }, {}]).reason).toMatch(
      /2 times, with the exit codes 1 and 0/,
    );
    expect(verdictOf(again).verdict).toBe("passed");
  });
});

describe("no evidence", () => {
  const started: Told = ["suite.started", results, { suite: "system" }];
  it.each<[string, readonly Told[], string, string, RegExp]>([
    ["nothing happened", [], "not-run", "infrastructure", /never started/],
    ["the stage passed without it", ending(["node.passed", results, {}]), "not-run", "evidence", /yet no results/],
    [
      "its stage failed before",
      ending(["node.failed", results, { failure: failure("fatal") }]),
      "not-run",
      "infrastructure",
      /^Broken by fatal\.$/,
    ],
    [
      "the product could not be installed",
      ending(["node.failed", results, { failure: failure("test") }]),
      "not-run",
      "product",
      /^Broken by test\.$/,
    ],
    [
      "the suite hung",
      ending(started, ["node.failed", results, { failure: failure("fatal", "stall") }]),
      "inconclusive",
      "evidence",
      /started and delivered no results: broken by fatal\./,
    ],
    [
      "its server was lost",
      ending(started, ["node.failed", results, { failure: failure("transient") }]),
      "not-run",
      "infrastructure",
      /^Broken by transient\.$/,
    ],
    ["the run was killed", ending(started), "not-run", "infrastructure", /has not delivered results/],
    [
      "somebody cancelled",
      ending(started, ["cancel.requested", null, { reason: "x" }], ["node.cancelled", results, { reason: "x" }]),
      "not-run",
      "person",
      /cancelled/,
    ],
    [
      "the machine cancelled, its disk being full",
      ending(
        started,
        ["cancel.requested", null, { reason: "x", cause: "infrastructure" }],
        ["node.cancelled", results, { reason: "x" }],
      ),
      "not-run",
      "infrastructure",
      /cancelled/,
    ],
    [
      "it was skipped",
      ending(["node.skipped", results, { reason: "no room" }]),
      "not-run",
      "infrastructure",
      /It was skipped: no room\./,
    ],
    [
      "its servers never came up",
      [
        ...green.slice(0, 4),
        ["node.failed", servers, { failure: failure("capacity") }],
        ["node.skipped", results, { reason: "servers" }],
      ],
      "not-run",
      "infrastructure",
      /^Broken by capacity\.$/,
    ],
  ])("%s", (_what, told, verdict, blame, reason) => {
    const said = verdictOf(told);
    expect(said).toMatchObject({ verdict, blame });
    expect(said.reason).toMatch(reason);
  });
});

describe("the stage around the evidence", () => {
  it.each<[string, Told, string]>([
    ["failed by its tests, though none failed", ["node.failed", results, { failure: failure("test") }], "evidence"],
    ["failed after its suites", ["node.failed", results, { failure: failure("transient") }], "infrastructure"],
    ["was cancelled after its suites", ["node.cancelled", results, { reason: "x" }], "person"],
    ["has not ended", ["note", results, { text: "still here" }], "infrastructure"],
  ])("makes passed tests inconclusive when it %s", (_what, end, blame) => {
    expect(verdictOf([...green.slice(0, -1), end])).toMatchObject({ verdict: "inconclusive", blame });
  });
});

describe("attempts", () => {
  const retried: readonly Told[] = [
    ...green.slice(0, -1),
    ["node.retrying", results, { failure: failure("transient"), delayMs: 1 }],
    ["node.started", results, {}, 2],
    ["suite.finished", results, { suite: "system" }, 2],
    ["node.passed", results, {}, 2],
  ];

  it("are visible when an earlier one failed", () => {
    expect(verdictOf(retried).verdict).toBe("passed-with-retries");
  });

  it("never count before the last, for the better or the worse", () => {
    expect(verdictOf(retried, [{}, { tests: ["failed"], exitCode: 1 }]).verdict).toBe("failed");
    expect(verdictOf(retried.slice(0, -2)).verdict).toBe("not-run");
  });

  /** The servers were lost under the results: both are attempted again on fresh ones. */
  const regrouped: readonly Told[] = [
    ...green.slice(0, 7),
    ["node.failed", results, { failure: failure("lost") }],
    ["node.waiting", servers, { reason: "again" }, 2],
    ["node.waiting", results, { reason: "again" }, 2],
    ["node.started", servers, {}, 2],
  ];

  it("of a group whose servers were lost are visible, and the last counts", () => {
    const again: readonly Told[] = [
      ...regrouped,
      ["node.passed", servers, {}, 2],
      ["node.started", results, {}, 2],
      ["suite.finished", results, { suite: "system" }, 2],
      ["node.passed", results, {}, 2],
    ];
    expect(verdictOf(again)).toMatchObject({ verdict: "passed-with-retries", blame: "nobody" });
    expect(verdictOf(again, { tests: ["failed"], exitCode: 1 })).toMatchObject({ verdict: "failed", blame: "product" });
  });

  it("change nothing when fresh servers were only needed because the run was interrupted while it set them up", () => {
    const halfSetUp = failure("lost", "set-up-interrupted");
    const again: readonly Told[] = [
      ...regrouped.map((told): Told => (told[0] === "node.failed" ? [told[0], told[1], { failure: halfSetUp }] : told)),
      ["node.passed", servers, {}, 2],
      ["node.started", results, {}, 2],
      ["suite.finished", results, { suite: "system" }, 2],
      ["node.passed", results, {}, 2],
    ];
    expect(again.some(([, , data]) => "failure" in data && data.failure === halfSetUp)).toBe(true);
    expect(verdictOf(again)).toMatchObject({ verdict: "passed", blame: "nobody" });
  });

  it("of a group that got no fresh servers leave a cell that did not run, for the reason of the last", () => {
    const none: readonly Told[] = [
      ...regrouped,
      ["node.failed", servers, { failure: failure("capacity") }, 2],
      ["node.skipped", results, { reason: "servers" }, 2],
    ];
    expect(verdictOf(none)).toEqual({ verdict: "not-run", blame: "infrastructure", reason: "Broken by capacity." });
    expect(verdictOf(regrouped)).toMatchObject({ verdict: "not-run", blame: "infrastructure" });
  });

  it("change nothing when an earlier one was only interrupted", () => {
    const resumed = [...green.slice(0, 7), ...retried.slice(-3)];
    expect(verdictOf(resumed).verdict).toBe("passed");
  });

  it("are visible when an interrupted one had failed tests", () => {
    const resumed = [...green.slice(0, 8), ...retried.slice(-3)];
    expect(verdictOf(resumed, [{ tests: ["failed"], exitCode: 1 }, {}]).verdict).toBe("passed-with-retries");
  });
});

const facts: ServerFacts = {
  ...{ provider: "simulator", hostClass: "simulated", acceleration: "tcg", startMode: "cold" },
  ...{ imageDigest: "0".repeat(64), kernel: "6.1", readyMs: 900 },
};
const scripted = { server: "node1", os: "debian-12", role: "node", id: "node1-1", facts };

describe("the record", () => {
  it.each<[string, (events: readonly Event[]) => readonly Event[], RegExp]>([
    ["a gap", (events) => events.toSpliced(3, 1), /Event 4 is missing/],
    [
      "events of two runs",
      (events) => events.map((one, index) => (index === 5 ? { ...one, run: "r2" } : one)),
      /2 runs/,
    ],
    [
      "no start",
      (events) => events.slice(1).map((one) => ({ ...one, seq: one.seq - 1 })),
      /does not say that the run started/,
    ],
    [
      "a strange node",
      (events) => events.map((one, index) => (index === 4 ? { ...one, node: "other" } : one)),
      /does not have: other/,
    ],
    [
      "another plan",
      (events) =>
        events.map((one) => (one.type === "run.started" ? { ...one, data: { ...one.data, planDigest: "0" } } : one)),
      /not from this one/,
    ],
    [
      "a scripted machine",
      (events) =>
        events.map((one) => (one.seq === 4 ? { ...one, type: "server.ready" as const, data: scripted } : one)),
      /servers were simulated/,
    ],
  ])("with %s carries no green verdict", (_what, change, reason) => {
    const events = change(stream(green));
    const run = judge(plan, events, { results: evidence(events) });
    expect(run.verdict).toBe("inconclusive");
    expect(run.doubts[0]).toMatch(reason);
  });

  it("does not take results that no event announced", () => {
    const events = stream(green);
    const [first, ...rest] = evidence(events);
    expect(first).toBeDefined();
    const run = judge(plan, events, { results: first === undefined ? [] : [{ ...first, seq: 999 }, ...rest] });
    expect(run.verdict).toBe("inconclusive");
  });
});

describe("a cell", () => {
  it("is judged by the suites of stages that run for a part of it", () => {
    const events = stream(green);
    const [unit, system] = evidence(events);
    expect(judge(plan, events, { results: system === undefined ? [] : [system] }).cells[0]?.verdict).toBe("not-run");
    expect(judge(plan, events, { results: unit === undefined ? [] : [unit] }).cells[0]?.nodes).toEqual([
      "build@debian-12",
      results,
    ]);
  });

  it("without any expected suite proves nothing", () => {
    const bare = { ...plan, nodes: plan.nodes.map((one) => ({ ...one, suites: [] })) };
    expect(judge(bare, stream(green), { results: [] }).cells[0]).toMatchObject({
      verdict: "not-run",
      blame: "evidence",
    });
  });

  it("has the worst verdict of its suites", () => {
    expect(worst(["passed", "inconclusive", "not-run"], "passed")).toBe("inconclusive");
    expect(worst(["passed", "passed-with-retries"], "passed")).toBe("passed-with-retries");
    expect(worst([], "not-run")).toBe("not-run");
  });
});

describe("an attempt that a person touched", () => {
  const touch: Told = ["attempt.touched", servers, { server: "frontend", by: "alice", what: "shell" }];
  const reason = "Touched by alice: a shell was opened on frontend, so its results do not count (2 passed, 0 failed).";

  it.each<[string, readonly Told[]]>([
    ["before its suites", [...green.slice(0, 5), touch, ...green.slice(5)]],
    ["while its suites run", [...green.slice(0, 7), touch, ...green.slice(7)]],
    ["between its last result and its end", [...green.slice(0, 8), touch, ...green.slice(8)]],
  ])("%s is inconclusive, though everything passed", (_, told) => {
    expect(verdictOf(told)).toEqual({ verdict: "inconclusive", blame: "evidence", reason });
  });

  it("is inconclusive, though tests failed: the person may have broken them", () => {
    const told = ending(touch, ["suite.finished", results, { suite: "system" }], ["node.passed", results, {}]);
    expect(verdictOf(told, { tests: ["failed"], exitCode: 1 })).toMatchObject({
      verdict: "inconclusive",
      reason: expect.stringContaining("0 passed, 1 failed"),
    });
  });

  it("stays as it was when it had ended before: kept servers may be looked at", () => {
    expect(verdictOf([...green, touch])).toEqual({ verdict: "passed", blame: "nobody", reason: "" });
  });

  it("taints what was made from it, such as packages from a touched build server", () => {
    const early: Told = ["attempt.touched", "build@debian-12", { server: "build", by: "bob", what: "command" }];
    expect(verdictOf([...green.slice(0, 1), early, ...green.slice(1)])).toMatchObject({
      verdict: "inconclusive",
      reason: expect.stringContaining("Touched by bob: a command was run on build"),
    });
    expect(verdictOf([...green.slice(0, 3), early, ...green.slice(3)]).verdict).toBe("inconclusive");
  });

  it("is made good by a later attempt on fresh servers, with the retry shown", () => {
    const lost = { failure: failure("transient"), delayMs: 1 };
    const again: readonly Told[] = [
      ["node.started", servers, {}, 2],
      ["node.passed", servers, {}, 2],
      ["node.started", results, {}, 2],
      ["suite.finished", results, { suite: "system" }, 2],
      ["node.passed", results, {}, 2],
    ];
    const told = [...ending(touch, ["node.retrying", results, lost]), ...again];
    expect(verdictOf(told).verdict).toBe("passed-with-retries");
    const late: Told = ["attempt.touched", servers, { server: "frontend", by: "alice", what: "shell" }, 2];
    expect(verdictOf([...told.slice(0, -1), late, ...told.slice(-1)]).verdict).toBe("inconclusive");
  });

  it.each<[string, Told]>([
    ["no node", ["attempt.touched", null, { server: "frontend", by: "alice", what: "shell" }]],
    [
      "an attempt that never began",
      ["attempt.touched", servers, { server: "frontend", by: "alice", what: "shell" }, 7],
    ],
  ])("makes nothing green where the record names %s", (_, astray) => {
    expect(verdictOf([...green.slice(0, 7), astray, ...green.slice(7)])).toMatchObject({
      verdict: "inconclusive",
      reason: expect.stringContaining("A person touched a server"),
    });
  });

  it("stays touched when a killed run starts it again", () => {
    const told = ending(touch, ["node.started", results, {}], ...green.slice(6));
    expect(verdictOf(told).verdict).toBe("inconclusive");
  });

  it("does not run for a cell that has no results: nothing is proved either way", () => {
    expect(verdictOf(ending(touch, ["node.failed", results, { failure: failure("transient") }]))).toMatchObject({
      verdict: "not-run",
      blame: "infrastructure",
    });
  });
});

describe("a cell that is only repeated", () => {
  const reproduces = { run: "r0", cell: id, recalled: {}, images: {} };
  const told = (given: Evidence = {}) => {
    const events = stream(green);
    return judge({ ...plan, reproduces }, events, { results: evidence(events, given) }).cells[0];
  };

  it("is never green, and nobody is to blame for that", () => {
    expect(told()).toMatchObject({
      verdict: "inconclusive",
      blame: "selection",
      reason: expect.stringContaining("the cell of r0 was only repeated"),
    });
  });

  it("is red where it failed again", () => {
    expect(told({ tests: ["failed"], exitCode: 1 })).toMatchObject({ verdict: "failed", blame: "product" });
  });
});
