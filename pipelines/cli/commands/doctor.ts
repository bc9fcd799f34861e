import { Command } from "commander";

/** `edgecert doctor`: what this machine lacks. */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description("say what this machine lacks to run servers of its own")
    .option("--fix", "install what is missing, saying first what is done")
    .option("--json", "as one JSON object")
    .action(async (options: { readonly fix?: boolean; readonly json?: boolean }) => {
      const { examine } = await import("../doctor.ts");
      process.exitCode = await examine(options);
    });
}
