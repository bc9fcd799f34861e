import type { LadderStep } from "../../pipelines/dsl/event.ts";

/**
 * What can happen on a rung. A pool of servers has `servers` alone; at an edge provider first machines come up
 * (`provision`), then they become KVM hosts and prove it (`configure`), then servers start on them.
 */
export type Phase = LadderStep["phase"];

/**
 * What is done about a failure, in the words of OneProvision: try the phase again, give back what it made and go to the
 * next place, go on without the hosts that failed, or end at once and leave all as it is for the undo.
 */
export type FailMode = "retry" | "cleanup" | "skip" | "quit";

/** Where an edge provider is asked, in its own words; what is absent is not told apart. */
export interface PlaceWords {
  readonly region?: string;
  readonly zone?: string;
  readonly type?: string;
}

/** A rung as the decision sees it: pools have one place without words. */
export interface RungShape {
  readonly name: string;
  /** Providers of the same name share what is known of them, such as a quota. */
  readonly provider: string;
  readonly kind: "pool" | "edge";
  /** At least one, in order of preference. */
  readonly places: readonly PlaceWords[];
}

/** How failures are met, and for how long. */
export interface LadderPolicy {
  /** For each phase, the modes in the order in which they are considered: the first that applies is taken. */
  readonly modes: Readonly<Record<Phase, readonly FailMode[]>>;
  /** How often a phase is tried again at one place. */
  readonly retries: number;
  /** From the request until all servers are ready, in milliseconds: then the ladder ends, wherever it stands. */
  readonly deadlineMs: number;
}

/** The rungs in their order, on-premises first, and the policy. */
export interface LadderShape {
  readonly rungs: readonly RungShape[];
  readonly policy: LadderPolicy;
}

/** What holds unless something else is said: the original waited for 12 minutes on average, metal may take 30. */
export const defaultPolicy: LadderPolicy = {
  modes: { provision: ["retry", "cleanup"], configure: ["retry", "skip", "cleanup"], servers: ["retry", "cleanup"] },
  retries: 1,
  deadlineMs: 45 * 60_000,
};

/** The first phase of a rung. */
export function firstPhase({ kind }: Pick<RungShape, "kind">): Phase {
  return kind === "pool" ? "servers" : "provision";
}

const after: Readonly<Record<Phase, Phase | null>> = { provision: "configure", configure: "servers", servers: null };

/** The phase after a phase; null after the last. */
export function phaseAfter(phase: Phase): Phase | null {
  return after[phase];
}

/** A place in words, such as `eu-central-1/eu-central-1a/m8i.8xlarge`; empty where it has none. */
export function placeLabel({ region, zone, type }: PlaceWords): string {
  return [region, zone, type].filter((word) => word !== undefined).join("/");
}
