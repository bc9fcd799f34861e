import type { LiveRun } from "./live-run.ts";
import { type Fact, isSettled, type SchedulerState } from "./scheduler/run-state.ts";

/** What happened that the scheduler has not been told, in a settled order; empty where nothing did. */
export function pendingFacts(live: LiveRun, state: SchedulerState, now: Date): readonly Fact[] {
  const facts: Fact[] = [];
  for (const [node, is] of state.nodes) {
    if (is !== "running") continue;
    const settled = live.settled.get(node);
    if (settled === undefined || settled.round < (state.rounds.get(node) ?? 0)) continue;
    const { outcome, lost } = settled;
    facts.push({ type: "settled", node, outcome, ...(lost === true ? { lost } : {}) });
  }
  if (state.takeovers < live.parts.memory.takeovers) {
    facts.push({ type: "resumed", takeovers: live.parts.memory.takeovers });
  }
  if (live.cancelReason !== null && state.cancelled === null) facts.push({ type: "cancel", reason: live.cancelReason });
  for (const [node, is] of state.nodes) {
    if (is !== "open") continue;
    const decision = live.decisions.get(node);
    const expiresAt = live.opened.get(node) ?? null;
    const inTime = decision !== undefined && (expiresAt === null || decision.at < expiresAt);
    if (inTime) facts.push({ type: "decided", node, decision: decision.decision });
    else if (expiresAt !== null && expiresAt <= now.toISOString())
      facts.push({ type: "decided", node, decision: "expired" });
  }
  return facts;
}

/** Waits for the next facts. Never resolves once the run was released: another worker goes on with it. */
export async function nextFacts(live: LiveRun, state: SchedulerState): Promise<readonly Fact[]> {
  for (;;) {
    if (live.released.signal.aborted) await new Promise(() => {});
    const facts = pendingFacts(live, state, new Date());
    if (facts.length > 0) {
      // Because a fact may be recorded only when what it speaks of is stored.
      await live.flushed();
      return facts;
    }
    await changedOrExpired(live, state);
  }
}

/** Longest time that setTimeout counts, in milliseconds: a longer one fires at once. */
export const longestTimer = 2 ** 31 - 1;

async function changedOrExpired(live: LiveRun, state: SchedulerState): Promise<void> {
  const open = [...state.nodes]
    .filter(([, is]) => !isSettled(is) && is === "open")
    .map(([node]) => live.opened.get(node));
  const ends = open.flatMap((at) => (typeof at === "string" ? [Date.parse(at)] : []));
  if (ends.length === 0) return live.changed();
  const left = Math.min(longestTimer, Math.max(0, Math.min(...ends) - Date.now()));
  let timer: NodeJS.Timeout | undefined;
  // Because a process that has let go of the run must be able to end, the timer alone does not keep it.
  await Promise.race([live.changed(), new Promise((resolve) => (timer = setTimeout(resolve, left).unref()))]);
  clearTimeout(timer);
}
