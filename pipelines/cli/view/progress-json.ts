import type { Event } from "../../dsl/event.ts";
import type { Outlook } from "./outlook.ts";
import type { NodeProgress, Progress } from "./progress.ts";
import type { RunView } from "./run-view.ts";
import { tallyOf } from "./tally.ts";

/**
 * One line of `--progress json`: where the whole run stands, so that a reader needs no line but the last. `--json`, in
 * contrast, prints every event once, and a reader adds them up. Fields may be added; what is here keeps its meaning
 * for as long as `v` is 1.
 */
export interface ProgressLine {
  readonly v: 1;
  readonly type: "progress";
  readonly run: string;
  /** UTC, ISO 8601 with milliseconds. */
  readonly at: string;
  readonly state: "running" | "cancelling" | "waiting-approval" | "finished";
  /** Milliseconds since the run started. */
  readonly elapsedMs: number;
  /** Milliseconds until everything that waits for no approval has settled, guessed from past runs; null where unknown. */
  readonly leftMs: number | null;
  readonly nodes: { readonly total: number } & Readonly<Record<NodeProgress["state"], number>>;
  /** Nodes that run, wait for room, wait for a decision or will be tried again. */
  readonly active: readonly {
    readonly node: string;
    readonly state: NodeProgress["state"];
    readonly attempt: number;
    /** Milliseconds since its first attempt started; null before. */
    readonly elapsedMs: number | null;
    /** The latest line of its output, or why it waits. */
    readonly says: string;
  }[];
  /** Nodes that failed or leaked. */
  readonly failed: readonly { readonly node: string; readonly title: string }[];
  /** Of the sealed certificate; null before the seal. */
  readonly verdict: string | null;
  /** How the run ended; null before. */
  readonly outcome: string | null;
}

/** Longest and shortest pause between two lines, in milliseconds. */
const longestMs = 10_000;
const shortestMs = 250;

/** A view that writes a line when something starts or ends, now and then in between, and once at the end. */
export function progressLines(progress: Progress, outlook: Outlook, write: (line: string) => void): RunView {
  const tell = () => write(`${JSON.stringify(progressLine(progress, outlook, Date.now()))}\n`);
  let due: NodeJS.Timeout | null = null;
  const regular = setInterval(tell, longestMs).unref();
  return {
    forPrograms: true,
    show(event) {
      if (!isNews(event)) return;
      due ??= setTimeout(() => {
        due = null;
        tell();
      }, shortestMs);
    },
    close() {
      clearInterval(regular);
      if (due !== null) clearTimeout(due);
      tell();
    },
  };
}

function isNews({ type }: Event): boolean {
  return /^(run|node|approval|cancel)\./.test(type);
}

/** Where a run stands now. Pure. */
export function progressLine(progress: Progress, outlook: Outlook, now: number): ProgressLine {
  const nodes = [...progress.nodes.values()];
  const left = outlook.left(progress, now);
  const none = { pending: 0, waiting: 0, running: 0, retrying: 0 };
  const settled = { passed: 0, failed: 0, leaked: 0, skipped: 0, cancelled: 0 };
  return {
    v: 1,
    type: "progress",
    run: progress.run,
    at: new Date(now).toISOString(),
    state: stateOf(progress, nodes),
    elapsedMs: progress.startedAt === null ? 0 : (progress.endedAt ?? now) - progress.startedAt,
    leftMs: left.state === "known" ? left.milliseconds : null,
    nodes: { total: nodes.length, ...none, ...settled, ...Object.fromEntries(tallyOf(nodes)) },
    active: nodes.filter(isActive).map((node) => ({
      node: node.id,
      state: node.state,
      attempt: node.attempt,
      elapsedMs: node.startedAt === null ? null : now - node.startedAt,
      says: node.state === "running" ? node.last : node.reason,
    })),
    failed: nodes
      .filter(({ state }) => state === "failed" || state === "leaked")
      .map((node) => ({ node: node.id, title: node.failure?.title ?? node.reason })),
    verdict: progress.verdict,
    outcome: progress.outcome,
  };
}

function isActive({ state }: NodeProgress): boolean {
  return state === "running" || state === "waiting" || state === "retrying";
}

function stateOf(progress: Progress, nodes: readonly NodeProgress[]): ProgressLine["state"] {
  if (progress.outcome !== null) return "finished";
  if (progress.cancelled !== null) return "cancelling";
  const active = nodes.filter(isActive);
  const decided = active.length > 0 && active.every((node) => node.state === "waiting");
  return progress.verdict !== null && decided ? "waiting-approval" : "running";
}
