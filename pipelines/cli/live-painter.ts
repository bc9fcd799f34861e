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
 * back from there when it grows. Rows of ours in the history are remembered and overwritten when they come back.
 */
export function livePainter(write: (text: string) => void, size: () => Size): LivePainter {
  let drawn: readonly string[] = [];
  /** Lines of ours that the terminal pushed into its history, and the lasting lines written below them since. */
  let pushed: readonly string[] = [];
  let since: readonly string[] = [];
  let before = size();

  const paintOver = (lines: readonly string[], lasting: readonly string[]) => {
    const now = size();
    const { columns, rows } = now;
    const grown = rows > before.rows || columns > before.columns;
    before = now;
    const old = heightOf(drawn, columns);
    const between = heightOf(since, columns);
    // Because the cursor has the last row, so many others are seen above the moving part.
    const above = rows - 1 - old;
    const lost = linesAbove(drawn, columns, -above);
    const back = grown && pushed.length > 0 && between < above ? between + heightOf(pushed, columns) : 0;
    const kept = back > 0 ? [...since, ...lasting] : lasting;
    // Because a line whose beginning is in the history stays whole there, its end is not written over.
    write(overwritten(kept, lines, Math.min(rows - 1, old - heightOf(lost, columns) + back)));
    pushed = back > 0 ? linesAbove(pushed, columns, back - above) : [...pushed, ...lost];
    since = pushed.length === 0 ? [] : back > 0 ? kept : [...since, ...lasting];
    drawn = lines;
  };
  return {
    draw: (lines, lasting = []) => paintOver(lines, lasting),
    clear: () => paintOver([], []),
    forget() {
      [drawn, pushed, since] = [[], [], []];
    },
  };
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
