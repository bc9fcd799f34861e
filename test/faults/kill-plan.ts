import { seededNumbers } from "../seeded-numbers.ts";

/** What is killed with SIGKILL. */
export type Victim = "process" | "database" | "both" | "server";

/** One kill: when that many events of the living process were seen, and then that much later. */
export interface Kill {
  readonly victim: Victim;
  /** From 0 (its first event) to 1 (its last), of the events that an undisturbed run has. */
  readonly at: number;
  readonly delayMs: number;
}

const victims: readonly Victim[] = ["process", "process", "database", "both", "server"];

/** The kills of one run, which follow from the seed alone: one or two. Pure. */
export function killPlan(seed: number): readonly Kill[] {
  const random = seededNumbers(seed);
  const count = random() < 0.5 ? 1 : 2;
  return Array.from({ length: count }, () => ({
    victim: victims[Math.floor(random() * victims.length)] ?? "process",
    at: random(),
    delayMs: Math.floor(random() * 400),
  }));
}
