import { userInfo } from "node:os";
import { Command } from "commander";

/** `edgecert ssh`: lets a person onto a server of a run, which then no longer counts. */
export function sshCommand(): Command {
  return new Command("ssh")
    .description("open a shell on a server of a run, or run a command there; what it runs no longer counts")
    .argument("<server>", "cell, or cell/role, such as debian-12/kvm-ssh/frontend")
    .argument("[command...]", "after --: run this instead of a shell")
    .option("--run <run>", "the run; the latest with servers if left out")
    .option("--by <name>", "who touches the server, kept in the record", process.env.USER ?? userInfo().username)
    .addHelpText(
      "after",
      `
The visit is stored in the run's record before anything is opened, and refused where it cannot be. An attempt that a
person touched never counts: its cell is inconclusive. A server whose attempt has ended, such as one that is kept, can be
looked at without an effect on the verdict. The exit code is that of the shell or of the command.`,
    )
    .action(
      async (server: string, words: readonly string[], options: { readonly run?: string; readonly by: string }) => {
        const { openReader } = await import("../wiring.ts");
        const { announceVisit, visit, visitNotice } = await import("../visiting.ts");
        const command = words.length === 0 ? {} : { command: words.join(" ") };
        // Because a session may last for hours, the database is let go of before, and not before the visit is stored.
        const found = await (async () => {
          await using reader = await openReader();
          return await announceVisit(reader, { server, ...options, ...command });
        })();
        process.stderr.write(`${visitNotice(found.run, found.server)}\n`);
        process.exitCode = await visit(found.server.ssh, process, command.command);
      },
    );
}
