import { clip, paint, span, states } from "./paint.ts";
import type { NodeProgress, Progress } from "./progress.ts";

/** Size of a terminal in characters. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/**
 * The moving part of the terminal: a heading and the nodes at work, never as tall as the terminal. Pure: what is
 * shown depends on the arguments alone.
 */
export function liveLines(progress: Progress, now: number, size: Size): string[] {
  const nodes = [...progress.nodes.values()];
  const settled = nodes.filter((node) => node.endedAt !== null).length;
  const active = nodes.filter((node) => ["running", "retrying", "waiting"].includes(node.state));
  // Because the cursor stands on a line of its own below the heading and the nodes.
  const room = Math.max(0, size.rows - 2);
  const shown = active.length > room ? active.slice(0, Math.max(0, room - 1)) : active;
  const elapsed = progress.startedAt === null ? "" : span(now - progress.startedAt);
  const asked = progress.cancelled === null ? "" : ", cancelling";
  const heading = clip(`${progress.run}  ${settled} of ${nodes.length} nodes  ${elapsed}${asked}`, size.columns - 1);
  const width = Math.min(44, Math.max(12, ...shown.map((node) => node.id.length)));
  const lines = shown.map((node) => nodeLine(node, { now, columns: size.columns, width }));
  if (active.length > shown.length)
    lines.push(clip(`  and ${active.length - shown.length} more at work`, size.columns - 1));
  return [paint("bold", heading), ...lines].slice(0, Math.max(0, size.rows - 1));
}

function nodeLine(node: NodeProgress, place: { now: number; columns: number; width: number }): string {
  const { mark, style } = states[node.state];
  const time = node.startedAt === null ? "" : span(place.now - node.startedAt);
  const words = node.state === "running" ? node.last : node.reason;
  const plain = `${clip(node.id, place.width).padEnd(place.width)} ${time.padStart(9)}  ${words}`;
  return `${paint(style, mark)} ${clip(plain, place.columns - 3)}`;
}

/** The lasting line of a node that has just settled. */
export function settledLine(node: NodeProgress, columns: number): string {
  const { mark, style } = states[node.state];
  const time = node.startedAt === null || node.endedAt === null ? "" : span(node.endedAt - node.startedAt);
  const attempts = node.attempt > 1 ? ` (attempt ${node.attempt})` : "";
  const reason = node.reason === "" ? "" : `  ${node.reason}`;
  return `${paint(style, mark)} ${clip(`${node.id.padEnd(32)} ${time.padStart(9)}${attempts}${reason}`, columns - 3)}`;
}

/** Draws the moving part over its last drawing. Lasting lines go above it and scroll away. */
export function livePainter(stream: NodeJS.WriteStream): {
  draw(lines: readonly string[], lasting?: readonly string[]): void;
  clear(): void;
} {
  let drawn = 0;
  const erase = () => (drawn === 0 ? "" : `\u001b[${drawn}A\r\u001b[J`);
  return {
    draw(lines, lasting = []) {
      const text = [...lasting, ...lines].map((line) => `${line}\n`).join("");
      stream.write(erase() + text);
      drawn = lines.length;
    },
    clear() {
      stream.write(erase());
      drawn = 0;
    },
  };
}
