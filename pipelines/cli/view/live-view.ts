import { type Chart, overviewLines } from "./overview.ts";
import { paint, span, states } from "./paint.ts";
import type { NodeProgress, Progress } from "./progress.ts";
import { tallyLine, tallyOf } from "./tally.ts";
import { clip, padded, widthOf } from "./terminal-text.ts";

/** Size of a terminal in characters. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What the moving part shows. */
export interface Scene {
  readonly progress: Progress;
  /** Null where the plan is not known: then there is no overview. */
  readonly chart: Chart | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What is said about the time left; empty to say nothing. */
  readonly left: string;
}

/**
 * The moving part of the terminal, never as tall or as wide as the terminal: a heading, counts, then what matters most:
 * failures, nodes at work, and an overview of cells and stages where it fits. Pure: shown is what the arguments say.
 */
export function liveLines(scene: Scene, size: Size): string[] {
  const nodes = [...scene.progress.nodes.values()];
  // Because a terminal that writes into its last column may begin a new line.
  const columns = size.columns - 1;
  const head = [paint("bold", headingLine(scene, columns)), tallyLine(tallyOf(nodes), columns)];
  // Because the cursor stands on a line of its own below.
  const room = size.rows - 1 - head.length;
  if (room <= 0) return head.slice(0, Math.max(0, size.rows - 1));
  const bad = nodes.filter((node) => node.state === "failed" || node.state === "leaked");
  const busy = [...inState(nodes, "running"), ...inState(nodes, "retrying"), ...inState(nodes, "waiting")];
  const reserved = Math.min(bad.length, Math.ceil(room / 4)) + Math.min(busy.length, Math.ceil(room / 3));
  const overview =
    scene.chart === null ? [] : overviewLines(scene.chart, scene.progress, { columns, rows: room - reserved });
  const rest = room - overview.length;
  const forBad = Math.min(bad.length, Math.max(rest - busy.length, Math.ceil(rest / 2)));
  return [
    ...head,
    ...nodeLines(bad, { now: scene.now, columns, rows: forBad, more: "more failed" }),
    ...nodeLines(busy, { now: scene.now, columns, rows: rest - forBad, more: "more at work" }),
    ...overview,
  ];
}

function inState(nodes: readonly NodeProgress[], state: NodeProgress["state"]): NodeProgress[] {
  return nodes.filter((node) => node.state === state);
}

/** The first of several headings, each shorter than the one before, that fits. */
function headingLine({ progress, now, left }: Scene, columns: number): string {
  const nodes = [...progress.nodes.values()];
  const settled = nodes.filter((node) => node.endedAt !== null).length;
  const elapsed = progress.startedAt === null ? "" : `  ${span(now - progress.startedAt)}`;
  const asked = progress.cancelled === null ? "" : ", cancelling";
  const count = `${settled} of ${nodes.length} nodes`;
  const hope = left === "" || progress.cancelled !== null ? "" : `, ${left}`;
  const choices = [
    `${progress.run}  ${count}${elapsed}${asked}${hope}`,
    `${progress.run}  ${count}${elapsed}${asked}`,
    `${count}${elapsed}${asked}${hope}`,
    `${count}${elapsed}${asked}`,
    `${settled}/${nodes.length}${elapsed}${asked}`,
  ];
  return clip(choices.find((choice) => widthOf(choice) <= columns) ?? choices.at(-1) ?? "", columns);
}

interface Place {
  readonly now: number;
  readonly columns: number;
  readonly rows: number;
  readonly more: string;
}

function nodeLines(nodes: readonly NodeProgress[], place: Place): string[] {
  if (place.rows <= 0) return [];
  const shown = nodes.length > place.rows ? nodes.slice(0, place.rows - 1) : nodes;
  const longest = Math.max(12, ...shown.map((node) => widthOf(node.id)));
  const width = Math.min(44, longest, Math.max(8, place.columns - 12));
  const lines = shown.map((node) => nodeLine(node, { ...place, width }));
  const hidden = nodes.length - shown.length;
  return hidden === 0 ? lines : [...lines, clip(`  and ${hidden} ${place.more}`, place.columns)];
}

function nodeLine(node: NodeProgress, place: Place & { readonly width: number }): string {
  const { mark, word, style } = states[node.state];
  const time = node.startedAt === null ? "" : span((node.endedAt ?? place.now) - node.startedAt);
  const words = node.state === "running" ? node.last : `${word}${node.reason === "" ? "" : `: ${node.reason}`}`;
  const plain = `${padded(node.id, place.width)} ${time.padStart(9)}  ${words}`;
  return `${paint(style, mark)} ${clip(plain.trimEnd(), place.columns - 2)}`;
}

/** The lasting line of a node that has just settled. */
export function settledLine(node: NodeProgress, columns: number): string {
  const { mark, word, style } = states[node.state];
  const time = node.startedAt === null || node.endedAt === null ? "" : span(node.endedAt - node.startedAt);
  const attempts = node.attempt > 1 ? ` (attempt ${node.attempt})` : "";
  const ending = `${word}${attempts}${node.reason === "" ? "" : `: ${node.reason}`}`;
  const id = widthOf(node.id) < 32 ? padded(node.id, 32) : node.id;
  return `${paint(style, mark)} ${clip(`${id} ${time.padStart(9)}  ${ending}`, columns - 3)}`;
}
