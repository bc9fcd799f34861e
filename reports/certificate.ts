import type { Event, Leftover } from "../pipelines/dsl/event.ts";
import type { Plan, PlanNode, PlanReproduction, Reproduction } from "../pipelines/dsl/plan-document.ts";
import type { Baselines } from "./baseline.ts";
import { causesOf } from "./causes.ts";
import type { Certificate, CertifiedDefinition, CertifiedLeftover, LogTail, Remark } from "./certificate-document.ts";
import { certifiedCell, certifiedSuite } from "./certified-suite.ts";
import { contrastsOf } from "./contrast.ts";
import { costOf } from "./cost.ts";
import { differenceFrom } from "./difference.ts";
import { failedTests } from "./failed-tests.ts";
import { headline } from "./headline.ts";
import type { Installed } from "./installed.ts";
import { evidenceFiles, nodeAttempts, packagesOf, serversOf, sourcesOf } from "./inventory.ts";
import { certifiedMeasures } from "./measured.ts";
import { readinessOf } from "./readiness.ts";
import { partialRemarks, remarksOf } from "./remarks.ts";
import { coverageOf } from "./requirements/coverage.ts";
import type { SuiteResult } from "./results.ts";
import type { SealedCertificate } from "./seal.ts";
import { timingsOf } from "./timings.ts";
import { judge, type RunVerdicts } from "./verdict.ts";
import { appliedWaivers } from "./waivers-applied.ts";
import { sentence, type Titles } from "./wording.ts";

/** What a certificate is made of. */
export interface CertificateInput {
  readonly plan: Plan;
  /** The whole stored stream in order: a gap in it makes everything inconclusive. */
  readonly events: readonly Event[];
  readonly results: readonly SuiteResult[];
  /** What the providers list for the run when all its undos have settled; null where they could not be asked. */
  readonly leftovers: readonly Leftover[] | null;
  /** Version of edgecert. */
  readonly version: string;
  /** Default: the name of the plan's first source and the version that all packages share. */
  readonly product?: { readonly name: string; readonly version: string | null };
  /** Words for axis values, such as an environment's title. */
  readonly titles?: Titles;
  /** Where no run of ours says it. */
  readonly definition?: CertifiedDefinition;
  readonly requestedBy?: string;
  /** What is installed on servers, by their ids; a server without it is not compared by its packages. */
  readonly installed?: ReadonlyMap<string, Installed>;
  /** Ends of logs by path, for the suites that are not green. */
  readonly tails?: ReadonlyMap<string, LogTail>;
  /** Default: `planned`. */
  readonly completeness?: Certificate["completeness"];
  /** The latest earlier certificate of the pipeline: what the difference is told from. */
  readonly previous?: SealedCertificate;
  /** What each suite was when it was last green. Default: nothing was certified before. */
  readonly baselines?: Baselines;
  /** What was noticed while earlier certificates were looked for. */
  readonly pastRemarks?: readonly Remark[];
}

/** Makes the certificate of a run: pure, so that the same record always gives the same document. */
export function makeCertificate(input: CertificateInput): Certificate {
  const { plan, events } = input;
  const { results, baselines } = input;
  const run = judge(plan, events, { results, ...(baselines === undefined ? {} : { baselines }) });
  const previous = ofSamePipeline(input);
  const { causes, failures } = causesOf(plan, run, failedTests(plan, run));
  const packages = packagesOf(events);
  const sources = sourcesOf(events);
  const servers = serversOf(plan, events);
  const cells = run.cells.map((cell) => certifiedCell(cell, run, causes, plan.alone === true ? [] : events));
  const suites = run.suites.map((suite) => certifiedSuite(suite, plan, input.tails));
  const prominent = new Set([...packages.map(({ name }) => name), ...plan.nodes.flatMap(requestedPackages)]);
  const started = events.find((event) => event.type === "run.started");
  return {
    v: 2,
    tool: { name: "edgecert", version: input.version },
    product: input.product ?? productOf(plan, packages),
    pipeline: plan.pipeline,
    run: events[0]?.run ?? "",
    ...(started?.data.follows === undefined ? {} : { follows: started.data.follows }),
    params: plan.params,
    definition: started?.data.definition ?? input.definition ?? null,
    requestedBy: started?.data.requestedBy ?? input.requestedBy ?? null,
    completeness: input.completeness ?? "planned",
    plan: planSummary(plan, run),
    ...(plan.partial === undefined ? {} : { partial: { chosen: plan.partial.chosen, stages: plan.partial.stages } }),
    ...(plan.reproduces === undefined ? {} : { reproduces: reproductionOf(plan.reproduces) }),
    startedAt: plan.alone === true ? null : (beginOf(events)?.at ?? null),
    finishedAt: events.at(-1)?.at ?? null,
    resumed: events.filter((event) => event.type === "run.resumed").length,
    verdict: run.verdict,
    headline: headline(run),
    titles: input.titles ?? {},
    axes: plan.axes,
    cells,
    holes: plan.holes.map((hole) => ({ ...hole, reason: sentence(hole.reason) })),
    suites,
    causes,
    failures,
    waivers: appliedWaivers(run, failures, plan),
    difference: previous === null ? null : differenceFrom(previous, { plan, cells, suites, failures }),
    coverage: coverageOf(plan, run, failures),
    measures: certifiedMeasures(run, previous),
    contrasts: contrastsOf({ cells, suites, servers, installed: input.installed ?? new Map(), prominent }),
    sources,
    packages,
    servers,
    timings: timingsOf(plan, events),
    readiness: readinessOf(plan, events),
    cost: costOf(events, servers),
    attempts: nodeAttempts(plan, run.records),
    evidence: evidenceFiles(events),
    leftovers: input.leftovers?.map((one) => leftover(one, { plan, run, events })) ?? null,
    leaks: leaksOf(plan, run),
    remarks: [...partialRemarks(plan), ...remarksOf(run, sources, events), ...(input.pastRemarks ?? [])],
    events: events.length,
  };
}

/** The previous certificate, unless it is of another pipeline or of this very run: then nothing can be compared. */
function ofSamePipeline({ previous, plan, events }: CertificateInput): SealedCertificate | null {
  const { pipeline, run } = previous?.certificate ?? {};
  return pipeline === plan.pipeline && run !== events[0]?.run ? (previous ?? null) : null;
}

/** Because a run that waited for its turn did nothing until then, its time is counted from there. */
function beginOf(events: readonly Event[]): Event | undefined {
  const first = events.findIndex((event) => event.node !== undefined);
  const before = first < 0 ? events : events.slice(0, first);
  return (
    before.findLast((event) => event.type === "run.admitted") ?? events.find((event) => event.type === "run.started")
  );
}

/** Without what was taken from the earlier run, which stands in the certificate as sources and packages. */
function reproductionOf({ run, cell, test }: PlanReproduction): Reproduction {
  return { run, cell, ...(test === undefined ? {} : { test }) };
}

function requestedPackages({ servers }: PlanNode): readonly string[] {
  return servers.flatMap((server) => server.packages);
}

function planSummary(plan: Plan, run: RunVerdicts): Certificate["plan"] {
  const approvals = plan.nodes.filter((node) => node.kind === "approval").map((node) => node.id);
  return { digest: plan.digest, nodes: plan.nodes.length, suites: run.suites.length, approvals };
}

function productOf(plan: Plan, packages: Certificate["packages"]): Certificate["product"] {
  const [version = null, ...others] = new Set(packages.map((one) => one.version.replace(/\+.*$/, "")));
  return { name: Object.keys(plan.sources)[0] ?? plan.pipeline, version: others.length === 0 ? version : null };
}

function leftover(
  one: Leftover,
  { plan, run, events }: { readonly plan: Plan; readonly run: RunVerdicts; readonly events: readonly Event[] },
): CertifiedLeftover {
  const undo = plan.nodes.find((node) => node.undoOf === one.node)?.id;
  const told = events.findLast((event) => event.type === "node.skipped" && event.node === undo);
  const until = told?.type === "node.skipped" ? told.data.keptUntil : undefined;
  return { ...one, kept: isKept(one, plan, run), ...(until === undefined ? {} : { until }) };
}

function isKept(one: Leftover, plan: Plan, run: RunVerdicts): CertifiedLeftover["kept"] {
  const undo = plan.nodes.find((node) => node.undoOf === one.node);
  const skipped = undo !== undefined && run.records.get(undo.id)?.last?.outcome === "skipped";
  const policy = plan.nodes.find((node) => node.id === one.node)?.policies.keep.value;
  const policies = [policy, undo?.policies.keep.value];
  return skipped && policies.some((keep) => keep === "on-failure" || keep === "always");
}

function leaksOf(plan: Plan, run: RunVerdicts): Certificate["leaks"] {
  return plan.nodes.flatMap((node) => {
    const last = run.records.get(node.id)?.last;
    return last?.outcome === "leaked" && last.failure !== null ? [{ node: node.id, failure: last.failure }] : [];
  });
}
