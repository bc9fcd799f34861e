import { Command } from "commander";

/** `edgecert cancel`: stops the work of a run and lets it give everything back. */
export function cancelCommand(): Command {
  return new Command("cancel")
    .description("stop a run and give back what it holds")
    .argument("[run]", "the run; the latest unfinished one if left out")
    .option("--reason <text>", "kept in the record", "cancelled by a person")
    .action(async (named: string | undefined, options: { readonly reason: string }) => {
      const { openReader, openWorker, continueRun } = await import("../wiring.ts");
      const { findRun } = await import("../runs.ts");
      const alive = await (async () => {
        await using reader = await openReader();
        const record = await findRun(reader.engine, named, "unfinished");
        await reader.engine.cancel(record.run, options.reason);
        const ended = (await reader.engine.record(record.run))?.state === "finished";
        return { run: record.run, byOther: record.alive, unstarted: record.state === "queued" && ended };
      })();
      if (alive.unstarted) {
        console.log(`${alive.run}: it waited for its turn and waits no more; it held nothing.`);
        return;
      }
      if (alive.byOther) {
        console.log(`${alive.run}: the process that runs it was told to stop and to give everything back.`);
        console.log(`  See: edgecert status ${alive.run}`);
        return;
      }
      console.log(`${alive.run}: no process runs it, so this one gives back what it holds.`);
      const { attend } = await import("../attend.ts");
      await using work = await openWorker();
      const record = await findRun(work.engine, alive.run);
      const { givingBack } = await import("../giving-back.ts");
      const seen = await continueRun(work, record, await givingBack(record.definition));
      process.exitCode = await attend(work, alive.run, {}, seen);
    });
}
