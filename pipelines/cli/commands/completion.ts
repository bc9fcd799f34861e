import { Argument, Command } from "commander";
import { completedShells } from "../completion/scripts.ts";

/** `edgecert completion`: the script that makes a shell complete our words. */
export function completionCommand(): Command {
  return new Command("completion")
    .description("print the completion script of a shell; it completes commands, options, runs, nodes and cells")
    .addArgument(new Argument("<shell>", "the shell to complete in").choices(completedShells))
    .addHelpText(
      "after",
      `
Load it now:    source <(edgecert completion bash)      or zsh in place of bash
                edgecert completion fish | source
Load it always: put that line into ~/.bashrc, ~/.zshrc or ~/.config/fish/config.fish.
Cells and parameters are those of the definition when it was last planned.`,
    )
    .action(async (shell: (typeof completedShells)[number]) => {
      const { completionScripts } = await import("../completion/scripts.ts");
      process.stdout.write(completionScripts[shell]);
    });
}

/** `edgecert complete`: what the scripts ask, one candidate per line; the last of the words is the one to complete. */
export function completeCommand(program: Command): Command {
  return new Command("complete").argument("[words...]").action(async (words: readonly string[]) => {
    const { completionOf } = await import("../completion/words.ts");
    const { namesBelow } = await import("../completion/names.ts");
    const { filesLine } = await import("../completion/scripts.ts");
    const { homeFolder } = await import("../home.ts");
    const { candidates, files } = completionOf(program, words, namesBelow(homeFolder()));
    const plain = (text: string) => text.replaceAll(/\s+/g, " ");
    for (const { value, about } of candidates) process.stdout.write(`${plain(value)}\t${plain(about)}\n`);
    if (files) process.stdout.write(`${filesLine}\n`);
  });
}
