import type {
  DefinitionData,
  FileReference,
  Leftover,
  ServerDescription,
  ServerFacts,
  SourceData,
} from "../pipelines/dsl/event.ts";
import type { Failure } from "../pipelines/dsl/failure.ts";
import type { Json } from "../pipelines/dsl/json.ts";
import type { PlanAxis, PlanHole, Reproduction } from "../pipelines/dsl/plan-document.ts";
import type { ResultFormat } from "../pipelines/dsl/request.ts";
import type { AxisValues } from "./cause-axes.ts";
import type { Contrast } from "./contrast.ts";
import type { Cost } from "./cost.ts";
import type { Difference } from "./difference.ts";
import type { CertifiedMeasure } from "./measures.ts";
import type { Readiness } from "./readiness.ts";
import type { AttemptOutcome } from "./record.ts";
import type { Coverage } from "./requirements/coverage.ts";
import type { Attachment, KeptText, Property, SourceLocation, TestAttempt, TestStatus } from "./results.ts";
import type { NodeTiming } from "./timings.ts";
import type { Blame, Verdict } from "./verdict.ts";
import type { AppliedWaiver } from "./waivers.ts";
import type { Titles } from "./wording.ts";

/**
 * What a run proves: plain JSON, version 2. A projection of plan, events and results, sealed by the digest of its
 * canonical JSON and rendered any number of times. Cells and nodes are named by their ids; texts from outside stand
 * here as they came, capped: whoever shows them makes them safe. Its JSON Schema is `exports/certificate.schema.json`.
 */
export interface Certificate {
  readonly v: 2;
  readonly tool: { readonly name: "edgecert"; readonly version: string };
  readonly product: { readonly name: string; readonly version: string | null };
  readonly pipeline: string;
  readonly run: string;
  /** The run whose open cells this one was started for; absent for any other. */
  readonly follows?: string;
  readonly params: Json;
  /** The pipeline definition that was planned; null for results that no run of ours made. */
  readonly definition: CertifiedDefinition | null;
  /** Who started the run: `user@machine`; null where the record does not say it. */
  readonly requestedBy: string | null;
  /**
   * Against what completeness was judged: the plan of the run, a list of expected cells and suites, or nothing: then
   * nobody knows what is missing.
   */
  readonly completeness: "planned" | "expected" | "unknown";
  readonly plan: {
    readonly digest: string;
    readonly nodes: number;
    readonly suites: number;
    /** Node ids of the approvals that wait for this certificate. */
    readonly approvals: readonly string[];
  };
  /** Present where the run was limited to some cells: the others stand in `cells` as not run. It cannot be approved. */
  readonly partial?: { readonly chosen: readonly string[]; readonly stages: readonly string[] };
  /** Present where the run only repeated a cell of another one for a person to look at: nothing in it counts. */
  readonly reproduces?: Reproduction;
  /** UTC, ISO 8601; null where the record does not say it. */
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly resumed: number;
  readonly verdict: Verdict;
  readonly headline: { readonly lead: string; readonly rest: string };
  /** Titles of axis values, where they have one. */
  readonly titles: Titles;
  readonly axes: readonly PlanAxis[];
  readonly cells: readonly CertifiedCell[];
  readonly holes: readonly PlanHole[];
  readonly suites: readonly CertifiedSuite[];
  readonly causes: readonly Cause[];
  readonly failures: readonly FailedTest[];
  readonly waivers: readonly AppliedWaiver[];
  /** Null where there is no earlier certificate of the pipeline. */
  readonly difference: Difference | null;
  /** Null where the definition names no requirements. */
  readonly coverage: Coverage | null;
  readonly measures: readonly CertifiedMeasure[];
  readonly contrasts: readonly Contrast[];
  readonly sources: readonly SourceData[];
  readonly packages: readonly CertifiedPackage[];
  readonly servers: readonly CertifiedServer[];
  readonly timings: readonly NodeTiming[];
  readonly readiness: readonly Readiness[];
  /** Null where the run had no server. */
  readonly cost: Cost | null;
  readonly attempts: readonly NodeAttempts[];
  readonly evidence: readonly EvidenceFile[];
  /** What providers still listed at the end; null where they could not be asked. */
  readonly leftovers: readonly CertifiedLeftover[] | null;
  /** Undo nodes that failed. */
  readonly leaks: readonly { readonly node: string; readonly failure: Failure }[];
  readonly remarks: readonly Remark[];
  readonly events: number;
}

/** The definition file that was planned, at its commit. */
export type CertifiedDefinition = DefinitionData;

/** A cell of the matrix. `tests` are counts over its suites, `tookMs` from its first machine to its last result. */
export interface CertifiedCell {
  readonly id: string;
  readonly anchor: string;
  readonly values: Readonly<Record<string, string>>;
  readonly verdict: Verdict;
  readonly blame: Blame;
  readonly reason: string;
  readonly nodes: readonly string[];
  readonly tests: Readonly<Record<TestStatus, number>>;
  /** How many failed tests are waived: they do not keep the cell from being passed. */
  readonly waived: number;
  readonly causes: readonly string[];
  readonly tookMs: number | null;
}

/** One expected suite of one node, with every test by name. */
export interface CertifiedSuite {
  readonly anchor: string;
  readonly node: string;
  readonly scope: Readonly<Record<string, string>>;
  readonly cells: readonly string[];
  readonly suite: string;
  readonly format: ResultFormat;
  readonly verdict: Verdict;
  readonly blame: Blame;
  readonly reason: string;
  readonly counts: Readonly<Record<TestStatus, number>> | null;
  readonly waived: number;
  readonly exitCode: number | null;
  readonly durationMs: number | null;
  readonly attempt: number | null;
  readonly files: readonly string[];
  readonly log: string | null;
  /** The end of the log of a suite that is not green; absent where there is none. */
  readonly tail?: LogTail;
  /** What it was compared with; absent where it was never green before. */
  readonly baseline?: SuiteBaseline;
  readonly tests: readonly CertifiedTest[];
}

/** The last lines of a log, at most 200 of them and 32 KiB; `whole` where nothing stands before them. */
export interface LogTail {
  readonly text: string;
  readonly whole: boolean;
}

/** The certificate in which a suite was last green, and what the suite has lost since. */
export interface SuiteBaseline {
  readonly run: string;
  readonly digest: string;
  readonly finishedAt: string | null;
  /** How many of its tests are missing. */
  readonly vanished: number;
  /** Their names, `class name`: the first thousand. */
  readonly missing: readonly string[];
  /** Letter of the waiver that accepts it; absent where none does. */
  readonly accepted?: string;
}

/**
 * A test by name and outcome. To keep a large certificate small, what says nothing is absent: no parameters, the first
 * occurrence of a name, no reason of a skip, one attempt.
 */
export interface CertifiedTest {
  readonly class: string;
  readonly name: string;
  readonly status: TestStatus;
  readonly durationMs: number | null;
  readonly params?: string;
  /** From 2 on. */
  readonly occurrence?: number;
  /** Why it was skipped. */
  readonly note?: string;
  /** Whether an earlier attempt ended otherwise. */
  readonly flaky?: true;
}

/** A test that failed or broke, in full. `counted` is false for an attempt that a later one replaced. */
export interface FailedTest {
  readonly anchor: string;
  readonly cause: string;
  readonly node: string;
  readonly scope: Readonly<Record<string, string>>;
  readonly suite: string;
  readonly framework: string;
  readonly class: string;
  readonly name: string;
  readonly params: string | null;
  readonly occurrence: number;
  /** `passed` for a flaky one: its attempts tell what went wrong. */
  readonly status: "passed" | "failed" | "error";
  readonly attempt: number;
  readonly counted: boolean;
  readonly durationMs: number | null;
  readonly message: string;
  readonly details: string;
  readonly stdout: string;
  readonly location: SourceLocation | null;
  /** Letter of the waiver that covers it; absent where none does. */
  readonly waiver?: string;
  readonly attempts?: readonly TestAttempt[];
  readonly properties?: readonly Property[];
  readonly attachments?: readonly Attachment[];
  readonly kept?: readonly KeptText[];
}

/** What several results that are not green have in common, under one letter from the cover to the failures. */
export interface Cause {
  readonly letter: string;
  readonly verdict: Verdict;
  readonly blame: Blame;
  /** What happened, one line without a full stop. */
  readonly title: string;
  /** What was seen, any number of lines; empty where the tests below it say it. */
  readonly detail: string;
  /** What to try next; empty where nothing better is known than reading the failure. */
  readonly next: string;
  readonly nodes: readonly string[];
  /** Cells that it takes the green from. */
  readonly cells: readonly string[];
  /** Cells that ran the same tests and passed them all. */
  readonly passedIn: readonly string[];
  /** The one axis that tells the cells that it hits from those that passed; absent where none does. */
  readonly only?: AxisValues;
  /** Anchors of the tests that failed by it. */
  readonly tests: readonly string[];
}

export interface CertifiedPackage {
  readonly name: string;
  readonly version: string;
  readonly os: string;
  readonly file: FileReference;
}

/** A server that answered, with the time it was given back; null where the record does not say so. */
export interface CertifiedServer {
  readonly node: string;
  readonly scope: Readonly<Record<string, string>>;
  readonly attempt: number;
  readonly name: string;
  readonly role: string;
  readonly os: string;
  readonly id: string;
  readonly facts: ServerFacts;
  /** Absent where the server did not come to the end of its set-up. */
  readonly description?: ServerDescription;
  readonly readyAt: string;
  readonly releasedAt: string | null;
}

/** A node that was attempted more than once. */
export interface NodeAttempts {
  readonly node: string;
  readonly attempts: readonly {
    readonly number: number;
    readonly outcome: AttemptOutcome;
    readonly failure: Failure | null;
    readonly startedAt: string | null;
    readonly endedAt: string | null;
  }[];
}

export interface EvidenceFile {
  readonly node: string;
  readonly attempt: number;
  readonly host: string | null;
  readonly kind: string;
  readonly file: FileReference;
  readonly truncated: boolean;
}

/** `kept` where the plan says that machines of a failed cell stay for a while: `until` then (UTC, ISO 8601). */
export interface CertifiedLeftover extends Leftover {
  readonly kept: boolean;
  readonly until?: string;
}

/** What was noticed about the evidence, and what it changed. */
export interface Remark {
  readonly what: string;
  readonly where: string;
  readonly detail: string;
  readonly effect: string;
}
