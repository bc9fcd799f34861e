import { Command, InvalidArgumentError } from "commander";
import { parseDuration } from "../../dsl/duration.ts";
import type { ClustersEnd, ClustersWords } from "../clusters.ts";

/** `edgecert clusters`: clusters that stand between runs, and who uses them. */
export function clustersCommand(): Command {
  const clusters = new Command("clusters")
    .description("list the clusters that stand between runs: state, price, users; bring them up, keep and end them")
    .option("--clusters <file>", "JSON file of the clusters that are to stand; default: EDGECERT_CLUSTERS")
    .option("--json", "as one JSON array")
    .addHelpText("after", `\n${rules}`)
    .action(async (words: ClustersWords) => end(words, (await import("../clusters.ts")).listClusters(words)));
  clusters
    .command("up <name...>")
    .description("make clusters of the file, unless one of that name stands free")
    .action(async (names: readonly string[], _: object, command: Command) =>
      end(wordsOf(command), (await import("../clusters.ts")).upClusters(names, wordsOf(command))),
    );
  clusters
    .command("down <name...>")
    .description("end clusters, by name or id; one that is used takes no more users, and goes once they have left")
    .option("--now", "also under the runs that use them")
    .action(async (names: readonly string[], { now = false }: { readonly now?: boolean }, command: Command) =>
      end(wordsOf(command), (await import("../clusters.ts")).downClusters(names, { now })),
    );
  clusters
    .command("keep <name...>")
    .description("let clusters stand, and take users, until a time at least, by name or id")
    .requiredOption("--until <time>", "a time such as 2027-01-31T18:00Z, or from now on, such as 12h", time)
    .action(async (names: readonly string[], { until }: { readonly until: string }, command: Command) =>
      end(wordsOf(command), (await import("../clusters.ts")).keepClusters(names, until)),
    );
  clusters
    .command("tend")
    .description("for cron: make what is missing of the file, end what is idle, closed, or left by a dead process")
    .action(async (_: object, command: Command) =>
      end(wordsOf(command), (await import("../clusters.ts")).tendClusters(wordsOf(command))),
    );
  return clusters;
}

const rules = `A run needs no option to use them: a stage that asks for just such a cluster (provider, count, os, settings) joins one
that stands free in its home, and leaves it standing; where none is free it makes one of its own. What stands belongs to
no run, so that a certificate shows 0 left, and \`list --machines\` shows it. Nobody but \`tend\` ends what is idle: let
cron call it every few minutes. Exit codes: 2 wrong file, name or time, 3 one could not be made, 4 one could not be
ended and may still cost money, 6 interrupted.`;

function wordsOf(command: Command): ClustersWords {
  return command.optsWithGlobals<ClustersWords>();
}

function time(word: string): string {
  const at = /^\d{4}-\d\d-\d\dT/.test(word) ? Date.parse(word) : Date.now() + durationOf(word);
  if (at > Date.now()) return new Date(at).toISOString();
  throw new InvalidArgumentError(`${JSON.stringify(word)} is not a time to come.`);
}

function durationOf(word: string): number {
  try {
    return parseDuration(word);
  } catch {
    return Number.NaN;
  }
}

async function end({ json }: ClustersWords, coming: Promise<ClustersEnd>): Promise<void> {
  const rows = await coming;
  if (json === true) console.log(JSON.stringify(rows.json, null, 2));
  else for (const line of rows.lines) console.log(line);
  process.exitCode = rows.code;
}
