import type { Event } from "../dsl/event.ts";
import type { Engine } from "../engine/engine.ts";
import { type ClosingSources, closing } from "./closing.ts";
import { liveLines, livePainter, settledLine } from "./live-view.ts";
import { clip, paint } from "./paint.ts";
import { plainLine } from "./plain-log.ts";
import { advance, beginProgress, type Progress } from "./progress.ts";
import { writeRelease } from "./release.ts";

/** Words that choose how a run is shown. */
export interface ShowChoice {
  readonly verbose?: boolean;
  readonly plain?: boolean;
  readonly json?: boolean;
}

/** What a run is attended by. */
export interface AttendSources extends ClosingSources {
  readonly engine: Pick<Engine, "record" | "wait" | "events">;
}

/** Shows the events of a run as they come. */
interface View {
  show(event: Event, progress: Progress): void;
  close(): void;
}

/**
 * Stays with a run that this process works on until it has finished or waits for approval: shows it and gives the
 * exit code. Events up to `seen` are taken in and not shown.
 */
export async function attend(work: AttendSources, run: string, choice: ShowChoice, seen = 0): Promise<number> {
  const record = await work.engine.record(run);
  const progress = beginProgress(run, record?.plan.nodes.map((node) => node.id) ?? []);
  const view = chooseView(choice, progress);
  const stop = new AbortController();
  const shown = showAll({ engine: work.engine, run, progress, view, seen, signal: stop.signal });
  // Because showing may fail before the run ends, and the run goes on all the same.
  shown.catch(() => {});
  try {
    const end = await work.engine.wait(run);
    if (end.outcome === "waiting-approval") stop.abort();
    await shown;
  } finally {
    // Because a run that another worker has taken over must leave nothing here that still reads or draws it.
    stop.abort();
    await shown.catch(() => {});
    view.close();
  }
  await writeRelease(work, run);
  const { lines, code } = await closing(work, progress);
  const stream = choice.json === true ? process.stderr : process.stdout;
  for (const line of lines) stream.write(`${line}\n`);
  return code;
}

interface Showing {
  readonly engine: Pick<Engine, "events">;
  readonly run: string;
  readonly progress: Progress;
  readonly view: View;
  readonly seen: number;
  readonly signal: AbortSignal;
}

async function showAll({ engine, run, progress, view, seen, signal }: Showing): Promise<void> {
  for await (const event of engine.events(run, { follow: true, signal })) {
    advance(progress, event);
    if (event.seq > seen) view.show(event, progress);
  }
  // Because following may stop before the last events were read, the rest is read without it.
  for await (const event of engine.events(run, { after: progress.lastSeq })) {
    advance(progress, event);
    view.show(event, progress);
  }
}

function chooseView(choice: ShowChoice, progress: Progress): View {
  if (choice.json === true) return { show: (event) => process.stdout.write(`${JSON.stringify(event)}\n`), close() {} };
  const live = process.stdout.isTTY && choice.plain !== true && process.env.CI === undefined;
  return live ? liveView(progress, choice.verbose === true) : plainView(choice.verbose === true);
}

function plainView(verbose: boolean): View {
  return {
    show(event, progress) {
      const line = plainLine(event, verbose);
      if (line !== null) console.log(line);
      if (!verbose) for (const text of failureTail(event, progress)) console.log(text);
    },
    close() {},
  };
}

function liveView(progress: Progress, verbose: boolean): View {
  const painter = livePainter(process.stdout);
  const size = () => ({ columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 });
  const redraw = () => painter.draw(liveLines(progress, Date.now(), size()));
  const timer = setInterval(redraw, 500);
  let due: NodeJS.Timeout | null = null;
  return {
    show(event) {
      const lasting = lastingLines(event, progress, size().columns, verbose);
      if (lasting.length > 0) return painter.draw(liveLines(progress, Date.now(), size()), lasting);
      // Because a build prints hundreds of lines a second, drawing waits for a moment.
      due ??= setTimeout(() => {
        due = null;
        redraw();
      }, 60);
    },
    close() {
      clearInterval(timer);
      if (due !== null) clearTimeout(due);
      painter.clear();
    },
  };
}

const settling = new Set(["node.passed", "node.failed", "node.leaked", "node.cancelled", "node.skipped"]);

function lastingLines(event: Event, progress: Progress, columns: number, verbose: boolean): string[] {
  const node = event.node === undefined ? undefined : progress.nodes.get(event.node);
  if (node !== undefined && settling.has(event.type))
    return [settledLine(node, columns), ...failureTail(event, progress)];
  const lasting =
    verbose || event.node === undefined || event.type === "source.fetched" || event.type === "node.retrying";
  const line = lasting ? plainLine(event, verbose) : null;
  return line === null ? [] : [paint("dim", line)];
}

/** The last output of a node that failed, so that nobody has to look elsewhere first. */
function failureTail(event: Event, progress: Progress): string[] {
  if (event.type !== "node.failed" && event.type !== "node.leaked") return [];
  const node = event.node === undefined ? undefined : progress.nodes.get(event.node);
  return (node?.tail ?? []).map((line) => clip(`    | ${line}`, 2_000));
}
