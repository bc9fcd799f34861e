import type { Failure } from "../../pipelines/dsl/failure.ts";
import { type Elsewhere, elsewhereOf } from "../providers/fault.ts";
import { firstPhase, type LadderShape, type Phase, type PlaceWords, phaseAfter, type RungShape } from "./shape.ts";

/** Where a ladder stands. Plain JSON. */
export interface Progress {
  readonly rung: number;
  readonly place: number;
  readonly phase: Phase;
  /** Tries of this phase at this place before this one. */
  readonly tries: number;
  /** Places that are not asked any more, as `rung:place`. */
  readonly closed: readonly string[];
}

/** How a phase ended. `refused` was never begun: it can never be had there, costs too much or would come too late. */
export type Outcome =
  | { readonly kind: "done" }
  | { readonly kind: "refused"; readonly failure: Failure }
  | {
      readonly kind: "failed";
      readonly failure: Failure;
      /** Whether the hosts that did not fail suffice for what is asked. */
      readonly restSuffices?: boolean;
    };

/**
 * What is done next:
 *
 *     provision --done--> configure --done--> servers --done--> ready
 *         |                   |                   |
 *         '---- failed -------+---- failed -------'
 *                  |
 *       retry: the same phase again        skip: the next phase, without the hosts that failed
 *       cleanup: the next place            quit, or no place left: stop
 */
export type Decision =
  | { readonly kind: "ready" }
  | { readonly kind: "on"; readonly to: Progress; readonly without: boolean }
  | { readonly kind: "again"; readonly to: Progress }
  | { readonly kind: "move"; readonly to: Progress; readonly cleanup: boolean }
  | { readonly kind: "stop"; readonly cleanup: boolean; readonly exhausted: boolean };

/** The first place to ask, given what is closed from the start; null where none is left. */
export function begin({ rungs }: Pick<LadderShape, "rungs">, closed: readonly string[] = []): Progress | null {
  for (const [rung, shape] of rungs.entries()) {
    const place = shape.places.findIndex((_, at) => !closed.includes(placeKey(rung, at)));
    if (place >= 0) return { rung, place, phase: firstPhase(shape), tries: 0, closed };
  }
  return null;
}

/** What follows from how a phase ended. Pure. */
export function decide(shape: LadderShape, at: Progress, outcome: Outcome): Decision {
  if (outcome.kind === "done") return forward(at, false);
  const { failure } = outcome;
  if (failure.class === "cancelled") return { kind: "stop", cleanup: true, exhausted: false };
  if (outcome.kind === "refused") return moved(shape, at, { failure, cleanup: false, goOn: true });
  const { modes, retries } = shape.policy;
  for (const mode of modes[at.phase]) {
    if (mode === "retry" && isPassing(failure) && at.tries < retries)
      return { kind: "again", to: { ...at, tries: at.tries + 1 } };
    if (mode === "skip" && outcome.restSuffices === true) return forward(at, true);
    if (mode === "cleanup") return moved(shape, at, { failure, cleanup: true, goOn: false });
    if (mode === "quit") return { kind: "stop", cleanup: false, exhausted: false };
  }
  return { kind: "stop", cleanup: true, exhausted: false };
}

function forward(at: Progress, without: boolean): Decision {
  const phase = phaseAfter(at.phase);
  return phase === null ? { kind: "ready" } : { kind: "on", to: { ...at, phase, tries: 0 }, without };
}

/** Because the same request would fail the same way, only what may pass by itself is tried again at the same place. */
function isPassing(failure: Failure): boolean {
  return (failure.class === "transient" || failure.class === "lost") && elsewhereOf(failure) === null;
}

function moved(
  shape: LadderShape,
  at: Progress,
  how: { readonly failure: Failure; readonly cleanup: boolean; readonly goOn: boolean },
): Decision {
  const scope = elsewhereOf(how.failure);
  const stops = how.failure.class === "configuration" || how.failure.class === "fatal";
  if (scope === null && stops && !how.goOn) return { kind: "stop", cleanup: how.cleanup, exhausted: false };
  const to = begin(shape, [...at.closed, ...closedBy(shape.rungs, at, scope)]);
  return to === null
    ? { kind: "stop", cleanup: how.cleanup, exhausted: true }
    : { kind: "move", to, cleanup: how.cleanup };
}

/** The places that a failure closes: all that share with the failed one what has to be another. */
export function closedBy(
  rungs: readonly RungShape[],
  at: Pick<Progress, "rung" | "place">,
  scope: Elsewhere,
): readonly string[] {
  const own = rungs[at.rung];
  const failed = own?.places[at.place];
  if (own === undefined || failed === undefined) return [];
  const keys = rungs.flatMap((rung, rungAt) =>
    rung.places.flatMap((place, placeAt) => {
      const itself = rungAt === at.rung && placeAt === at.place;
      const shares = rung.provider === own.provider && rung.kind === own.kind && sharesScope(place, failed, scope);
      return itself || shares ? [placeKey(rungAt, placeAt)] : [];
    }),
  );
  return keys;
}

function sharesScope(place: PlaceWords, failed: PlaceWords, scope: Elsewhere): boolean {
  const same = (...words: readonly (keyof PlaceWords)[]) => words.every((word) => place[word] === failed[word]);
  switch (scope) {
    case "provider":
      return true;
    case "region":
      return same("region");
    case "type":
      return same("region", "type");
    case "zone":
      return same("region", "type", "zone");
    case null:
      return false;
  }
}

function placeKey(rung: number, place: number): string {
  return `${rung}:${place}`;
}
