import type { EventBody } from "../dsl/event.ts";
import { FailureError, failureOf } from "../dsl/failure.ts";
import { engineFailure } from "./failures.ts";
import type { LiveRun } from "./live-run.ts";
import { nextFacts } from "./run-facts.ts";
import { type Decision, type Fact, isSettled, type SchedulerState } from "./scheduler/run-state.ts";
import { advance } from "./scheduler/scheduler.ts";

/** The engine's durable memory of one run, as the interpreter needs it. After a crash the same calls come in the same order. */
export interface Journal {
  /** Starts a node's work, once per node and round, and does not wait for it. */
  start(node: string, round: number): Promise<void>;
  /** Does a step once: after a crash it answers with what the step said. */
  record<Value>(name: string, step: () => Promise<Value>): Promise<Value>;
}

/**
 * Seals the certificate of a run, and gives the event that says so. `clean` takes the run's secrets out of a text: every
 * text of the certificate must go through it, because result files are the stages' own.
 */
export type Seal = (
  run: string,
  clean: (text: string) => string,
) => Promise<Extract<EventBody, { type: "run.sealed" }>>;

/**
 * Lets what a node holds go at a time (UTC, ISO 8601) and not before, with nobody's further help. Safe to repeat.
 */
export type Keep = (held: { readonly run: string; readonly node: string }, until: string) => Promise<void>;

/** What the interpreter is told about a run apart from its plan. Must be the same after a crash. */
export interface InterpreterOptions {
  readonly width: number;
  readonly seal: Seal;
  /** Absent where nothing has a time that could be set. */
  readonly keep?: Keep | undefined;
  readonly state: SchedulerState;
}

/** Interprets the frozen plan until the run has finished. */
export async function interpret(live: LiveRun, journal: Journal, options: InterpreterOptions): Promise<void> {
  const { graph } = live.parts;
  let step = advance(graph, options.state, [], options.width);
  for (;;) {
    const { seal, keep = async () => {} } = options;
    const facts = await enact(live, journal, { decisions: step.decisions, seal, keep });
    if (step.state.finished) return;
    rest(live, step.state);
    const next = facts.length > 0 ? facts : await awaitFacts(live, journal, step.state);
    for (const fact of next) tellDecision(live, fact);
    step = advance(graph, step.state, next, options.width);
  }
}

function awaitFacts(live: LiveRun, journal: Journal, state: SchedulerState): Promise<readonly Fact[]> {
  return journal.record("facts", () => nextFacts(live, state));
}

interface Batch {
  readonly decisions: readonly Decision[];
  readonly seal: Seal;
  readonly keep: Keep;
}

/** Does what was decided, in order; starts run side by side. Gives the facts that follow at once. */
async function enact(live: LiveRun, journal: Journal, { decisions, seal, keep }: Batch): Promise<readonly Fact[]> {
  const facts: Fact[] = [];
  const starts: Promise<void>[] = [];
  await renew(live, journal, decisions);
  for (const decision of decisions) {
    if (decision.type === "start") starts.push(journal.start(decision.node, decision.round));
    else if (decision.type === "seal") facts.push(await sealRun(live, journal, seal));
    else if (decision.type === "finish") await journal.record("finish", () => finish(live, decision));
    else if (decision.type === "skip" && decision.keepMs !== undefined) await keepHeld(live, decision, keep);
    else if (decision.type !== "again") tell(live, decision);
  }
  await Promise.all(starts);
  return facts;
}

/** Records that nodes wait again. Before anything of their next round starts: what they came to must be forgotten first. */
async function renew(live: LiveRun, journal: Journal, decisions: readonly Decision[]): Promise<void> {
  const again = decisions.filter((decision) => decision.type === "again");
  if (again.length === 0) return;
  await journal.record("again", async () => {
    for (const { node, round, reason } of again) live.renew(node, round, reason);
    await live.flushed();
    return null;
  });
}

type Skip = Extract<Decision, { type: "skip" }>;

/** Keeps what an undo would give back, for so long. Its place may refuse: then it keeps the time of its lease. */
async function keepHeld(live: LiveRun, decision: Skip, keep: Keep): Promise<void> {
  const { node, round, keepMs = 0 } = decision;
  // Because after a crash the time that was told first is the one that holds.
  if ((live.settled.get(node)?.round ?? -1) >= round) return;
  const keptUntil = new Date(Date.now() + keepMs).toISOString();
  const holder = live.parts.graph.nodes.get(node)?.plan.undoOf ?? node;
  try {
    await keep({ run: live.parts.run, node: holder }, keptUntil);
    tell(
      live,
      { ...decision, reason: `${decision.reason}, until ${keptUntil.slice(0, 16).replace("T", " ")} UTC` },
      keptUntil,
    );
  } catch (error) {
    const text = `The time until which it is kept could not be set: ${failureOf(error).title}`;
    live.tell({ type: "note", data: { text } }, { node });
    tell(live, { ...decision, reason: `${decision.reason}, until its lease ends` });
  }
}

function tell(
  live: LiveRun,
  decision: Extract<Decision, { type: "skip" | "cancel" | "open" }>,
  keptUntil?: string,
): void {
  const { node } = decision;
  if (decision.type === "open") {
    open(live, node);
    return;
  }
  const { reason, round } = decision;
  const skipped = decision.type === "skip";
  const kept = keptUntil === undefined ? {} : { keptUntil };
  // Because an attempt that ran before keeps its own end: this is what became of the next one.
  if (round > 0 && live.settled.get(node)?.round !== round) live.nextAttempt(node);
  live.settle(
    node,
    { outcome: skipped ? "skipped" : "cancelled", round },
    skipped ? { type: "node.skipped", data: { reason, ...kept } } : { type: "node.cancelled", data: { reason } },
  );
}

function open(live: LiveRun, node: string): void {
  if (live.opened.has(node)) return;
  const expires = live.parts.graph.nodes.get(node)?.plan.policies.expires.value ?? null;
  const expiresAt = expires === null ? null : new Date(Date.now() + expires).toISOString();
  live.opened.set(node, expiresAt);
  live.push({
    event: live.event({ type: "approval.waiting", data: { expiresAt } }, { node }),
    node: { node, opened: { expiresAt } },
  });
}

/** Says in the run's row whether anything but a person is still waited for. */
function rest(live: LiveRun, state: SchedulerState): void {
  const states = [...state.nodes.values()];
  const waits = states.includes("open") && !states.includes("running");
  live.rest(waits ? "waiting-approval" : "running");
}

async function sealRun(live: LiveRun, journal: Journal, seal: Seal): Promise<Fact> {
  const verdict = await journal.record("seal", async (): Promise<string | null> => {
    // Because a crash may have come between the seal and its record: what was sealed once stays as it is.
    if (live.parts.memory.sealed !== null) return live.parts.memory.sealed;
    await live.flushed();
    try {
      refuseUnknownSecrets(live);
      // Because a worker before this one may have used secrets that this one never asked for.
      if (live.parts.memory.takeovers > 0) await live.parts.secrets.learnAll();
      const event = await seal(live.parts.run, (text) => live.parts.scrubber.clean(text));
      live.push({
        event: live.event(event),
        run: { sealed: { digest: event.data.digest, verdict: event.data.verdict } },
      });
      await live.flushed();
      return event.data.verdict;
    } catch (error) {
      const { title, detail } = failureOf(error);
      live.tell({ type: "note", data: { text: `The certificate could not be sealed. ${title}: ${detail}` } });
      return null;
    }
  });
  return { type: "sealed", verdict };
}

/** Throws where the plan declares secrets that the pipeline at hand does not: nothing could take them out of a text. */
function refuseUnknownSecrets({ parts }: LiveRun): void {
  const unknown = parts.graph.plan.secrets.filter((name) => parts.pipeline.secrets[name] === undefined);
  if (unknown.length > 0) throw new FailureError(engineFailure.secretsUnknown(unknown));
}

/** Records what a person decided, or that nobody did, as the end of the approval. */
function tellDecision(live: LiveRun, fact: Fact): void {
  if (fact.type !== "decided") return;
  const { node } = fact;
  // Because a decision that came too late is kept as a message, and decides nothing.
  const by = fact.decision === "expired" ? undefined : live.decisions.get(node);
  if (by !== undefined && !isSettled(live.settled.get(node)?.outcome)) {
    live.tell({ type: "approval.decided", data: { decision: by.decision, by: by.by, reason: by.reason } }, { node });
  }
  if (fact.decision === "approved") {
    const output = { approvedBy: by?.by ?? "", at: by?.at ?? "" };
    live.settle(node, { outcome: "passed", round: 0, output }, { type: "node.passed", data: {} });
    return;
  }
  const failure =
    by === undefined
      ? engineFailure.approvalExpired(live.opened.get(node) ?? "")
      : engineFailure.rejected(by.by, by.reason);
  live.settle(node, { outcome: "failed", round: 0 }, { type: "node.failed", data: { failure } });
}

async function finish(live: LiveRun, { outcome, leaked }: Extract<Decision, { type: "finish" }>): Promise<null> {
  live.push({
    event: live.event({ type: "run.finished", data: { outcome, leaked } }),
    run: { state: "finished", outcome, leaked },
  });
  await live.flushed();
  return null;
}
