import { Command } from "commander";

/** `edgecert worker`: stands by for runs whose process dies. */
export function workerCommand(): Command {
  return new Command("worker")
    .description("stand by: take over, by itself, every unfinished run whose process has died, until interrupted")
    .addHelpText(
      "after",
      `
Runs that wait for an approval are looked after too, so that a decision or its expiry takes effect at once.
A worker needs the definition files and the EDGECERT_HOME of the processes that it stands by for. An interrupt
lets its runs go, with what they hold: another worker, or edgecert resume, goes on with them.`,
    )
    .action(async () => {
      const { standBy } = await import("../standing-by.ts");
      await standBy();
    });
}
