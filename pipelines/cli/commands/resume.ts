import { Command } from "commander";
import type { ShowChoice } from "../view/run-view.ts";
import { withShowOptions } from "../view/show-options.ts";

/** `edgecert resume`: finishes a run whose process died. */
export function resumeCommand(): Command {
  const command = new Command("resume")
    .description("finish a run that was interrupted or leaked; what has settled is not done again")
    .argument("[run]", "the run; the latest that is unfinished or leaks if left out");
  return withShowOptions(command).action(async (named: string | undefined, options: ShowChoice) => {
    const { openWorker, continueRun } = await import("../wiring.ts");
    const { attend } = await import("../attend.ts");
    await using work = await openWorker();
    const { findRun } = await import("../runs.ts");
    const record = await findRun(work.engine, named, "resumable");
    const seen = await continueRun(work, record);
    process.exitCode = await attend(work, record.run, options, seen);
  });
}
