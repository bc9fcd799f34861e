import { Command } from "commander";
import { outputClosed } from "../output.ts";

/** `edgecert logs`: the output of a run's work. */
export function logsCommand(): Command {
  return new Command("logs")
    .description("print the output of a run, or of one of its nodes")
    .argument("[run]", "the run; the latest if left out")
    .argument("[node]", "node id, such as packages@debian-12")
    .option("-f, --follow", "go on until the run ends")
    .option("--json", "events as JSON lines")
    .action(async (named: string | undefined, node: string | undefined, options: LogsWords) => {
      const { openReader } = await import("../wiring.ts");
      const { findRun, findNode } = await import("../runs.ts");
      const { plainLine } = await import("../view/plain-log.ts");
      await using reader = await openReader();
      const record = await findRun(reader.engine, named);
      const wanted = node === undefined ? undefined : findNode(record, node);
      for await (const event of reader.engine.events(record.run, {
        follow: options.follow === true,
        signal: outputClosed,
      })) {
        if (wanted !== undefined && event.node !== wanted) continue;
        const line = options.json === true ? JSON.stringify(event) : plainLine(event, true);
        if (line !== null) console.log(line);
      }
    });
}

interface LogsWords {
  readonly follow?: boolean;
  readonly json?: boolean;
}
