import { Command, Option } from "commander";
import { parseDuration } from "../../dsl/duration.ts";
import { parseSize } from "../sizes.ts";
import { countFromZero } from "../words.ts";

const help = `
Without options: finished runs that ended more than 30 days ago go, with their logs, results, packages and rows
in the database; the 5 newest of each pipeline stay. A run is never removed while it is unfinished, worked on,
waiting for approval, leaking, or while a provider lists something of it. A run that somebody approved or
rejected keeps certificate, release record, decisions and events; only its output, results and packages go.
Certificates outlive their runs, for edgecert site: they move to the folder certificates of the home. With --certificates
they go as well, and so do those kept earlier that are as old.
With --images go snapshots and images that nobody has used for 7 days (or the age given: --images 1h), outdated ones, and what
they were built from; never one of a running server or one that is being built. A run builds anew what it needs.
Images go first, so that a full disk on which the database cannot start gets room.
A prune that was killed is finished by the next one.`;

/** `edgecert prune`: makes room by removing what is old. */
export function pruneCommand(): Command {
  return new Command("prune")
    .description("remove old runs and say how much room that made")
    .addOption(
      new Option("--older-than <age>", "runs that ended longer ago than this go: 12h, 7d")
        .argParser(parseDuration)
        .default(parseDuration("30d"), "30d"),
    )
    .option("--keep-last <runs>", "the newest of each pipeline that stay in any case", countFromZero, 5)
    .option("--max-size <size>", "the oldest go until run folders take no more than this: 20GiB", parseSize)
    .addOption(
      new Option(
        "--images [age]",
        "also images and snapshots of servers that nobody uses, and has not used for so long",
      )
        .argParser(parseDuration)
        .preset("7d"),
    )
    .option("--certificates", "also the certificates of the runs that go, and those that earlier prunes kept")
    .option("--dry-run", "only say what would go")
    .option("--json", "as JSON lines: one per thing that goes, the last is the sum")
    .addHelpText("after", help)
    .action(async (options: PruneWords) => {
      const { prune } = await import("../prune/prune.ts");
      process.exitCode = await prune(options);
    });
}

/** The options of `edgecert prune`, read: milliseconds and bytes. */
export interface PruneWords {
  readonly olderThan: number;
  readonly keepLast: number;
  readonly maxSize?: number;
  readonly images?: number;
  readonly certificates?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}
