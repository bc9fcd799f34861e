import { paint, states } from "./paint.ts";
import type { NodeProgress } from "./progress.ts";

/** How many nodes stand in each state; a state without nodes is absent. What matters most comes first. */
export type Tally = ReadonlyMap<NodeProgress["state"], number>;

const order: readonly NodeProgress["state"][] = [
  "failed",
  "leaked",
  "running",
  "retrying",
  "waiting",
  "passed",
  "cancelled",
  "skipped",
  "pending",
];

/** Counts nodes by their state. */
export function tallyOf(nodes: Iterable<NodeProgress>): Tally {
  const counts = new Map<NodeProgress["state"], number>();
  for (const { state } of nodes) counts.set(state, (counts.get(state) ?? 0) + 1);
  return new Map(order.flatMap((state) => (counts.has(state) ? [[state, counts.get(state) ?? 0] as const] : [])));
}

/**
 * The counts on one painted line of at most this many columns: `✗ 2 failed  ▸ 5 running`, with marks alone where the
 * words have no room, and without the last ones where these have none either.
 */
export function tallyLine(tally: Tally, columns: number): string {
  const wordy = pieces(tally, (count, { mark, word }) => `${mark} ${count} ${word}`);
  const short = pieces(tally, (count, { mark }) => `${mark} ${count}`);
  const shown = joined(wordy).length <= columns ? wordy : short;
  while (joined(shown).length > columns && shown.length > 0) shown.pop();
  return shown.map(({ text, style }) => paint(style, text)).join("  ");
}

function pieces(tally: Tally, words: (count: number, look: (typeof states)["passed"]) => string) {
  return [...tally].map(([state, count]) => ({ text: words(count, states[state]), style: states[state].style }));
}

function joined(parts: readonly { readonly text: string }[]): string {
  return parts.map(({ text }) => text).join("  ");
}
