import type { Size } from "./live-view.ts";
import { widthOf } from "./terminal-text.ts";

/** Draws a moving part at the end of a terminal's output, over its last drawing. */
export interface LivePainter {
  /** Lasting lines go above the moving part and scroll away. */
  draw(lines: readonly string[], lasting?: readonly string[]): void;
  /** Takes the moving part away. */
  clear(): void;
  /** The cursor is somewhere else now, as after the program was stopped and continued: the next drawing starts there. */
  forget(): void;
}

/**
 * A painter that finds its last drawing again after the terminal changed its size. A terminal that becomes narrower
 * breaks long lines into several rows; one that becomes shorter pushes the top rows into its history, and takes them
 * back from there when it grows. What of ours went there is remembered, and taken away as soon as it comes back.
 */
export function livePainter(write: (text: string) => void, size: () => Size): LivePainter {
  let drawn: readonly string[] = [];
  let above: readonly Written[] = [];
  let before = size();

  const paintOver = (lines: readonly string[], lasting: readonly string[]) => {
    const now = size();
    const { columns, rows } = now;
    const grown = rows > before.rows || columns > before.columns;
    before = now;
    const old = heightOf(drawn, columns);
    // Because the cursor has the last row, so many others are seen above the moving part.
    const seen = rows - 1 - old;
    const lost = linesAbove(drawn, columns, -seen);
    const back = grown ? comeBack(above, columns, seen) : [];
    const kept = [...linesOf(back.filter((one) => !one.ours)), ...lasting];
    // Because a line whose beginning is in the history stays whole there, its end is not written over.
    const up = old - heightOf(lost, columns) + heightOf(linesOf(back), columns);
    write(overwritten(kept, lines, Math.min(rows - 1, up)));
    above = remembered([
      ...above.slice(0, above.length - back.length),
      ...written(lost, true),
      ...written(kept, false),
    ]);
    drawn = lines;
  };
  return {
    draw: (lines, lasting = []) => paintOver(lines, lasting),
    clear: () => paintOver([], []),
    forget() {
      [drawn, above] = [[], []];
    },
  };
}

/** A line above the moving part: `ours` where it is a piece of an old drawing that the terminal pushed away. */
interface Written {
  readonly line: string;
  readonly ours: boolean;
}

function linesOf(some: readonly Written[]): readonly string[] {
  return some.map(({ line }) => line);
}

function written(lines: readonly string[], ours: boolean): readonly Written[] {
  return lines.map((line) => ({ line, ours }));
}

/** Most lines that are remembered: more than a terminal has rows, so that no more could come back at once. */
const memory = 500;

/** From the oldest piece of an old drawing on: what stands above is of no interest. */
function remembered(lines: readonly Written[]): readonly Written[] {
  const first = lines.findIndex((one) => one.ours);
  return first < 0 ? [] : lines.slice(Math.max(first, lines.length - memory));
}

/** The last lines, whole, that so many rows have room for, from the oldest piece of an old drawing among them on. */
function comeBack(lines: readonly Written[], columns: number, rows: number): readonly Written[] {
  let left = rows;
  let from = lines.length;
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    left -= heightOf([lines[index]?.line ?? ""], columns);
    if (left < 0) break;
    if (lines[index]?.ours === true) from = index;
  }
  return lines.slice(from);
}

function heightOf(lines: readonly string[], columns: number): number {
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
}

/** The first lines, whole, that so many rows are a part of. */
function linesAbove(lines: readonly string[], columns: number, rows: number): readonly string[] {
  let left = rows;
  return lines.filter((line) => {
    const isAbove = left > 0;
    left -= heightOf([line], columns);
    return isAbove;
  });
}

/**
 * Clears so many rows above the cursor and writes from there. Row by row, because some terminals put a screen that is
 * cleared at once into their history. A line of the moving part is never broken, should it be wider than we think.
 */
function overwritten(lasting: readonly string[], lines: readonly string[], up: number): string {
  const text = (some: readonly string[]) => some.map((line) => `${line}\n`).join("");
  return `\r\u001b[2K${"\u001b[1A\u001b[2K".repeat(up)}${text(lasting)}\u001b[?7l${text(lines)}\u001b[?7h`;
}
