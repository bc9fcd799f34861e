import type { WriteStream } from "node:tty";
import type { Event } from "../../dsl/event.ts";
import { announceThrough } from "../output.ts";
import { livePainter } from "./live-painter.ts";
import { liveLines, type Size, settledLine } from "./live-view.ts";
import type { Outlook } from "./outlook.ts";
import { paint } from "./paint.ts";
import { failureTail, plainLine } from "./plain-log.ts";
import type { Progress } from "./progress.ts";
import type { RunView } from "./run-view.ts";
import { timeLeftWords } from "./time-left.ts";

/** What a live screen shows, and where. */
export interface ScreenParts {
  readonly progress: Progress;
  readonly outlook: Outlook;
  readonly verbose: boolean;
  readonly stream: WriteStream;
}

/** How often the clock moves, how long events gather, and how long a size must stand still to be drawn, in milliseconds. */
const clockMs = 500;
const gatherMs = 60;
const settleMs = 80;

/**
 * Shows a run on a terminal: what has settled scrolls away above, what goes on is drawn over and over below. While the
 * terminal changes its size nothing is drawn, because its rows are not where they were.
 */
export function liveScreen({ progress, outlook, verbose, stream }: ScreenParts): RunView {
  const painter = livePainter(
    (text) => void stream.write(text),
    () => sizeOf(stream),
  );
  const lasting: string[] = [];
  let due: NodeJS.Timeout | null = null;
  const draw = () => {
    due = null;
    const now = Date.now();
    const left = timeLeftWords(outlook.left(progress, now));
    painter.draw(liveLines({ progress, chart: outlook.chart, now, left }, sizeOf(stream)), lasting.splice(0));
  };
  const drawSoon = (afterMs: number) => {
    due ??= setTimeout(draw, afterMs);
  };
  const onResize = () => {
    if (due !== null) clearTimeout(due);
    due = setTimeout(draw, settleMs);
  };
  const onContinue = () => {
    painter.forget();
    drawSoon(0);
  };
  const clock = setInterval(() => drawSoon(0), clockMs);
  stream.on("resize", onResize);
  process.on("SIGCONT", onContinue);
  const announced = announceThrough((text) => {
    lasting.push(...text.split("\n"));
    drawSoon(0);
  });
  return {
    forPrograms: false,
    show(event) {
      lasting.push(...lastingLines(event, progress, { columns: sizeOf(stream).columns, verbose }));
      // Because a build prints hundreds of lines a second, drawing waits for a moment.
      drawSoon(gatherMs);
    },
    close() {
      announced[Symbol.dispose]();
      clearInterval(clock);
      if (due !== null) clearTimeout(due);
      stream.off("resize", onResize);
      process.off("SIGCONT", onContinue);
      painter.draw([], lasting.splice(0));
    },
  };
}

/** Asked anew each time, because Node learns of a new size a moment after the terminal has it. */
function sizeOf(stream: WriteStream): Size {
  const [columns, rows] = windowOf(stream);
  return { columns: columns || 80, rows: rows || 24 };
}

function windowOf(stream: WriteStream): readonly [number, number] {
  try {
    return stream.getWindowSize();
  } catch {
    // Because a terminal that was closed has no size any more, and the run goes on.
    return [stream.columns, stream.rows];
  }
}

const settling = new Set(["node.passed", "node.failed", "node.leaked", "node.cancelled", "node.skipped"]);

function lastingLines(event: Event, progress: Progress, how: { columns: number; verbose: boolean }): string[] {
  const node = event.node === undefined ? undefined : progress.nodes.get(event.node);
  if (node !== undefined && settling.has(event.type))
    return [settledLine(node, how.columns), ...failureTail(event, progress)];
  const lasts =
    how.verbose || event.node === undefined || event.type === "source.fetched" || event.type === "node.retrying";
  const line = lasts ? plainLine(event, how.verbose) : null;
  return line === null ? [] : [paint("dim", line)];
}
