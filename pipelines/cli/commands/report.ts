import { Command } from "commander";

/** `edgecert report`: renders the sealed certificate of a run again. */
export function reportCommand(): Command {
  return new Command("report")
    .description("render the certificate of a run again and print its path")
    .argument("[run]", "the run; the latest that was sealed if left out")
    .option("--json", "print the certificate's JSON instead")
    .action(async (named: string | undefined, options: { readonly json?: boolean }) => {
      const { openReader } = await import("../wiring.ts");
      const { findRun } = await import("../runs.ts");
      const { renderAgain } = await import("../sealed.ts");
      await using reader = await openReader();
      const record = await findRun(reader.engine, named, "sealed");
      const { path, certificate } = await renderAgain(reader.home, record);
      process.stdout.write(`${options.json === true ? JSON.stringify(certificate, null, 2) : path}\n`);
    });
}
