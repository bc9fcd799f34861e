import { join } from "node:path";
import type { Engine } from "../engine/engine.ts";
import { ciOutput, tellCi } from "./ci/output.ts";
import { type ClosingSources, closing } from "./closing.ts";
import { runFolder } from "./home.ts";
import { writeRelease } from "./release.ts";
import { outlookOf } from "./view/outlook.ts";
import { advance, beginProgress, type Progress } from "./view/progress.ts";
import { type RunView, runView, type ShowChoice } from "./view/run-view.ts";
import { durationsOf } from "./view/time-left.ts";

/** What a run is attended by. */
export interface AttendSources extends ClosingSources {
  readonly engine: Pick<Engine, "record" | "wait" | "events" | "past">;
}

/** How many past runs the time left is guessed from. */
const pastRuns = 5;

/**
 * Stays with a run that this process works on until it has finished or waits for approval: shows it and gives the
 * exit code. Events up to `seen` are taken in and not shown.
 */
export async function attend(work: AttendSources, run: string, choice: ShowChoice, seen = 0): Promise<number> {
  const record = await work.engine.record(run);
  const plan = record?.plan ?? null;
  const progress = beginProgress(run, plan?.nodes.map((node) => node.id) ?? []);
  const outlook = outlookOf(plan);
  if (plan !== null) {
    // Because a run whose past cannot be read goes on without a guess.
    const learnt = work.engine.past(plan.pipeline, pastRuns).then((past) => past.map((one) => durationsOf(plan, one)));
    learnt.then(outlook.learn, () => {});
  }
  const view = runView(choice, progress, outlook);
  const stream = view.forPrograms ? process.stderr : process.stdout;
  const print = (line: string) => stream.write(`${line}\n`);
  const ci = ciOutput(choice.ci);
  ci.begin().forEach(print);
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
    ci.end().forEach(print);
  }
  await writeRelease(work, run);
  const { lines, code, sealed } = await closing(work, progress);
  lines.forEach(print);
  if (sealed !== null) await tellCi(ci, { sealed, page: join(runFolder(work.home, run), "certificate.html") }, print);
  return code;
}

interface Showing {
  readonly engine: Pick<Engine, "events">;
  readonly run: string;
  readonly progress: Progress;
  readonly view: RunView;
  readonly seen: number;
  readonly signal: AbortSignal;
}

async function showAll({ engine, run, progress, view, seen, signal }: Showing): Promise<void> {
  for await (const event of engine.events(run, { follow: true, signal })) {
    advance(progress, event);
    if (event.seq > seen) view.show(event);
  }
  // Because following may stop before the last events were read, the rest is read without it.
  for await (const event of engine.events(run, { after: progress.lastSeq })) {
    advance(progress, event);
    view.show(event);
  }
}
