import type { Owner } from "../../pipelines/dsl/context.ts";
import type { LadderStep } from "../../pipelines/dsl/event.ts";
import type { Failure } from "../../pipelines/dsl/failure.ts";
import type { ServerRequest } from "../../pipelines/dsl/request.ts";
import { failureBehind, InfraError } from "../failure.ts";
import { elsewhereOf } from "../providers/fault.ts";
import type { ProvisionIo, Server } from "../providers/provider.ts";
import { backOff } from "../ssh/deadline.ts";
import { begin, closedBy, type Decision, decide, type Outcome, type Progress } from "./decision.ts";
import { ladderExhausted, ladderLate, noRung } from "./failures.ts";
import { type Attempt, giveBack, type Standing, tryPhase } from "./phases.ts";
import type { Rung } from "./rung.ts";
import { type LadderPolicy, type LadderShape, placeLabel, type RungShape } from "./shape.ts";

/** A ladder as it is climbed. */
export interface Ladder {
  readonly rungs: readonly Rung[];
  readonly policy: LadderPolicy;
  /** The most that an edge cluster may cost, in US dollars per hour; absent: no limit beside those of the places. */
  readonly mostDollarsPerHour?: number;
  /** First pause before a phase is tried again, in milliseconds; default 5 seconds. It doubles, up to a minute. */
  readonly pauseMs?: number;
  /** Places that a run need not ask again, as decisions name them: what met a quota stays closed for the run. */
  readonly closed: Map<string, readonly string[]>;
}

/** The rungs as the decisions see them. */
export function shapeOf({ rungs, policy }: Pick<Ladder, "rungs" | "policy">): LadderShape {
  return { policy, rungs: rungs.map(rungShape) };
}

function rungShape(rung: Rung): RungShape {
  const { kind, name, provider } = rung;
  return { kind, name, provider: provider.name, places: rung.kind === "pool" ? [{}] : rung.places };
}

/**
 * Asks rung after rung until the whole group is there; what a rung gave in vain is given back before the next is asked.
 * Throws an error carrying a Failure that names the reason of every rung; what then is still there is listed by tag and
 * goes by `destroy`.
 */
export async function climb(
  ladder: Ladder,
  group: { readonly requests: readonly ServerRequest[]; readonly owner: Owner },
  io: ProvisionIo,
): Promise<readonly Server[]> {
  const shape = shapeOf(ladder);
  const steps: LadderStep[] = [];
  const { deadlineMs } = ladder.policy;
  const deadline = AbortSignal.timeout(deadlineMs);
  const signal = AbortSignal.any([io.signal, deadline]);
  const climber: Climber = { ladder, shape, group, io: { ...io, signal }, until: Date.now() + deadlineMs, steps };
  try {
    return await rungByRung(climber);
  } catch (error) {
    if (io.signal.aborted || !deadline.aborted) throw error;
    for (const rung of ladder.rungs) await giveBackQuietly({ rung, owner: group.owner }, io);
    throw new InfraError(ladderLate(deadlineMs, steps), { cause: error });
  }
}

interface Climber {
  readonly ladder: Ladder;
  readonly shape: LadderShape;
  readonly group: { readonly requests: readonly ServerRequest[]; readonly owner: Owner };
  readonly io: ProvisionIo;
  /** When the deadline is, in milliseconds since the epoch. */
  readonly until: number;
  readonly steps: LadderStep[];
}

async function rungByRung(climber: Climber): Promise<readonly Server[]> {
  const { ladder, shape, group, io } = climber;
  let at = begin(shape, ladder.closed.get(group.owner.run) ?? []) ?? begin(shape);
  if (at === null) throw new InfraError(noRung());
  let standing: Standing = {};
  for (;;) {
    const attempt = attemptOf(climber, at);
    const began = performance.now();
    const ended = await tryPhase(attempt, at.phase, standing);
    io.signal.throwIfAborted();
    const decision = decide(shape, at, ended.outcome);
    tell(climber, at, { ...ended, decision, tookMs: Math.round(performance.now() - began) });
    remember(climber, at, ended.outcome);
    if (decision.kind === "ready") return ended.standing.servers ?? [];
    standing = ended.standing;
    if (decision.kind === "stop" || decision.kind === "move") {
      if (decision.cleanup) await giveBackQuietly(attempt, io);
      standing = {};
    }
    if (decision.kind === "stop") throw stopped(climber, decision, ended.outcome);
    if (decision.kind === "again") await backOff(at.tries, ladder.pauseMs ?? 5000, 60_000, io.signal);
    at = decision.to;
  }
}

function attemptOf({ ladder, group, io, until }: Climber, at: Progress): Attempt {
  const rung = ladder.rungs[at.rung];
  if (rung === undefined) throw new InfraError(noRung());
  const place = rung.kind === "edge" ? rung.places[at.place] : undefined;
  const { mostDollarsPerHour } = ladder;
  return { ...group, rung, place, until, io, ...(mostDollarsPerHour === undefined ? {} : { mostDollarsPerHour }) };
}

/** Because a quota does not grow while a run lasts, its other nodes need not ask there again. */
function remember({ ladder, shape, group }: Climber, at: Progress, outcome: Outcome): void {
  if (outcome.kind !== "failed" || outcome.failure.class !== "quota") return;
  const { run } = group.owner;
  const closed = closedBy(shape.rungs, at, elsewhereOf(outcome.failure));
  ladder.closed.set(run, [...(ladder.closed.get(run) ?? []), ...closed]);
}

function tell(
  { shape, steps, io }: Climber,
  at: Progress,
  ended: {
    readonly outcome: Outcome;
    readonly decision: Decision;
    readonly tookMs: number;
    readonly price: number | null;
  },
): void {
  const { outcome, decision, tookMs, price } = ended;
  const rung = shape.rungs[at.rung];
  const failure: Failure | null = outcome.kind === "done" ? null : outcome.failure;
  const step: LadderStep = {
    rung: rung?.name ?? "",
    provider: rung?.provider ?? "",
    place: placeLabel(rung?.places[at.place] ?? {}),
    phase: at.phase,
    outcome: outcome.kind,
    reason: failure?.reason ?? null,
    class: failure?.class ?? null,
    detail: failure?.detail ?? null,
    next: decision.kind,
    tookMs,
    dollarsPerHour: price,
  };
  steps.push(step);
  io.rung?.(step);
}

function stopped({ steps }: Climber, decision: Extract<Decision, { kind: "stop" }>, outcome: Outcome): Error {
  if (outcome.kind === "done") return new InfraError(ladderExhausted(steps));
  return new InfraError(decision.exhausted && steps.length > 1 ? ladderExhausted(steps) : outcome.failure);
}

/** Because what cannot be given back now is owed by the undo of the node, it does not keep the next rung from being asked. */
async function giveBackQuietly(attempt: Pick<Attempt, "rung" | "owner">, io: ProvisionIo): Promise<void> {
  try {
    await giveBack(attempt);
  } catch (error) {
    const { title, detail } = failureBehind(error);
    io.note(`what ${attempt.rung.name} made could not be given back yet: ${title}: ${detail}`);
  }
}
