import { originalReadiness } from "../readiness.ts";
import type { Verdict } from "../verdict.ts";
import { visible, visibleText } from "../visible-text.ts";
import { capital, counted, day, duration, grouped, plural } from "../wording.ts";
import type { PipelineHistory } from "./history.ts";
import type { RunSummary } from "./summary.ts";
import { type ChartView, readinessChart, verdictChart } from "./trend.ts";

/** Everything that the page of a site shows: the index, or one pipeline. Links are relative to the page. */
export interface SitePage {
  readonly title: string;
  readonly verdict: Verdict;
  /** Link to the index; empty on the index itself. */
  readonly home: string;
  readonly over: string;
  readonly lead: string;
  readonly rest: string;
  readonly summary: string;
  readonly pipelines: readonly PipelineView[];
  /** Empty on the index. */
  readonly detail: readonly PipelineDetail[];
  readonly lost: readonly { readonly run: string; readonly reason: string }[];
  readonly made: string;
}

/** A pipeline as it stands on the index. */
export interface PipelineView {
  readonly anchor: string;
  readonly href: string;
  readonly pipeline: string;
  readonly mark: Verdict;
  readonly headline: string;
  readonly newest: RunRow;
  readonly runs: string;
  readonly chart: ChartView;
}

interface PipelineDetail {
  readonly numbers: Readonly<Record<"failing" | "flaky" | "slowest" | "runs", string>>;
  readonly ready: ChartView | null;
  readonly failing: readonly { readonly test: TestWords; readonly since: string; readonly runs: string }[];
  readonly flaky: readonly {
    readonly test: TestWords;
    readonly differed: string;
    readonly failed: string;
    readonly turns: string;
  }[];
  readonly slowest: readonly { readonly test: TestWords; readonly took: string; readonly before: string }[];
  readonly more: string;
  readonly runs: readonly RunRow[];
  readonly older: string;
}

interface TestWords {
  readonly name: string;
  readonly group: string;
  readonly cell: string;
  readonly suite: string;
}

interface RunRow {
  readonly run: string;
  readonly mark: Verdict;
  readonly headline: string;
  readonly product: string;
  readonly at: string;
  readonly took: string;
  readonly tests: string;
  readonly href: string;
}

/** Rows of each table at most; the rest is counted. */
const limits = { runs: 500, tests: 50 } as const;

/** What a page of a site is made of. */
export interface SiteInput {
  readonly histories: readonly PipelineHistory[];
  readonly lost: readonly { readonly run: string; readonly reason: string }[];
  /** The file of a pipeline's page, by its name. */
  readonly files: ReadonlyMap<string, string>;
  readonly version: string;
}

/** The index of all pipelines. */
export function indexPage(input: SiteInput): SitePage {
  const { histories, version } = visible({ histories: input.histories, version: input.version });
  const red = histories.filter(({ runs }) => !isGreen(runs.at(-1))).length;
  const total = histories.reduce((sum, { runs }) => sum + runs.length, 0);
  const all = histories.length === 1 ? "the one pipeline" : `all ${counted(histories.length)} pipelines`;
  return {
    title: "Certificates",
    verdict: red > 0 ? "failed" : histories.length === 0 ? "not-run" : "passed",
    home: "",
    over: "History of all certificates of this home",
    lead: histories.length === 0 ? "No certificate yet" : red === 0 ? "Certified" : "Not certified",
    rest:
      histories.length === 0
        ? "nothing was sealed here"
        : red === 0
          ? `the newest run of ${all} is green`
          : `the newest run of ${red} of ${plural(histories.length, "pipeline")} is not green`,
    summary: `${capital(plural(total, "certificate"))} of ${plural(histories.length, "pipeline")}.`,
    pipelines: histories.map((history, index) => pipelineView(history, input, { index, up: "" })),
    detail: [],
    lost: visible(input.lost),
    made: `Made by edgecert ${version}.`,
  };
}

/** The page of one pipeline. */
export function pipelinePage(input: SiteInput, index: number): SitePage {
  const history = visible(input.histories[index]);
  if (history === undefined) throw new RangeError(`there is no pipeline ${index}`);
  const { pipeline, runs } = history;
  const newest = runs.at(-1);
  const [lead = "", rest = ""] = (newest?.headline ?? "").split(/: (.*)/s);
  return {
    title: `Certificates of ${pipeline}`,
    verdict: newest?.verdict ?? "not-run",
    home: "../index.html",
    over: `Pipeline ${pipeline}, newest run ${newest?.run ?? ""}`,
    lead,
    rest,
    summary: `${capital(plural(runs.length, "certificate"))}${newest?.finishedAt == null ? "" : `, the newest of ${day(newest.finishedAt)}`}.`,
    pipelines: [pipelineView(history, input, { index, up: "../" })],
    detail: [detailOf(history)],
    lost: [],
    made: `Made by edgecert ${input.version}.`,
  };
}

function pipelineView(
  history: PipelineHistory,
  { histories, files }: SiteInput,
  { index, up }: { readonly index: number; readonly up: string },
): PipelineView {
  const { pipeline, runs } = history;
  const newest = runs.at(-1);
  const name = histories[index]?.pipeline ?? pipeline;
  const words = (run: RunSummary) => `${run.run}, ${timeOf(run)}: ${run.headline}`;
  return {
    anchor: `pipeline-${index + 1}`,
    href: `${up}pipelines/${files.get(name) ?? ""}`,
    pipeline,
    mark: newest?.verdict ?? "not-run",
    headline: newest?.headline ?? "",
    newest: runRow(newest ?? nothing, up),
    runs: plural(runs.length, "certificate"),
    chart: verdictChart(runs, { href: (run) => certificateHref(run, up), words }),
  };
}

function detailOf({ runs, failing, flaky, slowest }: PipelineHistory): PipelineDetail {
  const originalMs = originalReadiness.provisionMs + originalReadiness.configureMs;
  const newest = runs.at(-1);
  const readyWords = (run: RunSummary) => {
    const { provisionMs = 0, configureMs = 0 } = run.readiness ?? {};
    return `${run.run}, ${timeOf(run)}: ${duration(provisionMs)} to provision, ${duration(configureMs)} to configure`;
  };
  const unnamed = Math.max(0, failing.length - limits.tests) + (newest?.failing.more ?? 0);
  const older = runs.length - limits.runs;
  const ready = readinessChart(runs, { href: (run) => certificateHref(run, "../"), words: readyWords, originalMs });
  const first = ready === null ? 2 : 3;
  const number = (index: number) => String(first + index);
  return {
    numbers: {
      failing: number(0),
      flaky: number(1),
      slowest: number(2),
      runs: number(3),
    },
    ready,
    failing: failing.slice(0, limits.tests).map(({ test, since, runs: count }) => ({
      test: testWords(test),
      since: count === 1 ? "new" : since,
      runs: grouped(count),
    })),
    flaky: flaky.slice(0, limits.tests).map(({ test, differed, failed, turns, of }) => ({
      test: testWords(test),
      differed: `${differed} of ${of}`,
      failed: `${failed} of ${of}`,
      turns: String(turns),
    })),
    slowest: slowest.map(({ test, ms, before }) => ({
      test: testWords(test),
      took: duration(ms),
      before: before === null ? "" : duration(before),
    })),
    more: unnamed === 0 ? "" : `and ${plural(unnamed, "more test")}`,
    runs: runs
      .toReversed()
      .slice(0, limits.runs)
      .map((run) => runRow(run, "../")),
    older: older > 0 ? `and ${plural(older, "older certificate")}` : "",
  };
}

const nothing: RunSummary = {
  v: 1,
  digest: "",
  run: "",
  pipeline: "",
  product: "",
  verdict: "not-run",
  headline: "",
  startedAt: null,
  finishedAt: null,
  cells: [],
  passed: 0,
  failed: 0,
  skipped: 0,
  failing: { tests: [], more: 0 },
  flaky: { tests: [], more: 0 },
  slowest: [],
  readiness: null,
};

function runRow(run: RunSummary, up: string): RunRow {
  const { startedAt, finishedAt, passed, failed, skipped } = run;
  const took = startedAt === null || finishedAt === null ? null : Date.parse(finishedAt) - Date.parse(startedAt);
  const tests = [
    `${grouped(passed)} passed`,
    failed > 0 ? `${grouped(failed)} failed` : "",
    skipped > 0 ? `${grouped(skipped)} skipped` : "",
  ];
  return {
    run: run.run,
    mark: run.verdict,
    headline: run.headline,
    product: run.product,
    at: timeOf(run),
    took: took === null ? "" : duration(took),
    tests: tests.filter((text) => text !== "").join(", "),
    href: certificateHref(run, up),
  };
}

function certificateHref({ run }: RunSummary, up: string): string {
  return `${up}certificates/${encodeURIComponent(run)}/certificate.html`;
}

function timeOf({ finishedAt }: RunSummary): string {
  return finishedAt === null ? "time not recorded" : `${day(finishedAt)} ${finishedAt.slice(11, 16)}`;
}

function testWords(line: string): TestWords {
  const read: unknown = JSON.parse(line);
  const words = Array.isArray(read) ? read.map((word) => visibleText(String(word))) : [];
  const [cell = "", suite = "", group = "", name = ""] = words;
  return { name, group, cell, suite };
}

function isGreen(run: RunSummary | undefined): boolean {
  return run?.verdict === "passed" || run?.verdict === "passed-with-retries";
}
