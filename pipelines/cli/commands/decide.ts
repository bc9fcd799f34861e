import { userInfo } from "node:os";
import { Command } from "commander";
import type { DecideWords } from "../deciding.ts";

/** `edgecert approve`: lets a sealed run go on to what waits for its approval. */
export function approveCommand(): Command {
  return decision("approve", "approved", "agree to a sealed certificate; the run goes on");
}

/** `edgecert reject`: ends a sealed run without what waits for its approval. */
export function rejectCommand(): Command {
  return decision("reject", "rejected", "refuse a sealed certificate; what waits for approval is not done");
}

function decision(name: string, word: "approved" | "rejected", description: string): Command {
  return new Command(name)
    .description(description)
    .argument("[run]", "the run; the latest that waits if left out")
    .option("--node <id>", "the approval, where several wait")
    .option("--by <name>", "who decides", process.env.USER ?? userInfo().username)
    .option("--reason <text>", "kept in the record", "")
    .action(async (named: string | undefined, options: DecideWords) => {
      const { decide } = await import("../deciding.ts");
      process.exitCode = await decide(named, word, options);
    });
}
