import { Command, CommanderError } from "commander";
import { backupCommand, restoreCommand } from "./commands/backup.ts";
import { cancelCommand } from "./commands/cancel.ts";
import { catalogCommand } from "./commands/catalog.ts";
import { clustersCommand } from "./commands/clusters.ts";
import { completeCommand, completionCommand } from "./commands/completion.ts";
import { approveCommand, rejectCommand } from "./commands/decide.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { hostsCommand } from "./commands/hosts.ts";
import { imagesCommand } from "./commands/images.ts";
import { keyCommand } from "./commands/key.ts";
import { listCommand } from "./commands/list.ts";
import { logsCommand } from "./commands/logs.ts";
import { planCommand } from "./commands/plan.ts";
import { pruneCommand } from "./commands/prune.ts";
import { reportCommand } from "./commands/report.ts";
import { reproduceCommand } from "./commands/reproduce.ts";
import { resumeCommand } from "./commands/resume.ts";
import { runCommand } from "./commands/run.ts";
import { siteCommand } from "./commands/site.ts";
import { sshCommand } from "./commands/ssh.ts";
import { statusCommand } from "./commands/status.ts";
import { upgradeDatabaseCommand } from "./commands/upgrade-database.ts";
import { verifyCommand } from "./commands/verify.ts";
import { workerCommand } from "./commands/worker.ts";

import { exitCodes, reportError } from "./exit.ts";
import { allowEarlyReaders } from "./output.ts";

const program = new Command("edgecert")
  .description("Certifies a software product on ephemeral KVM clusters.")
  .showHelpAfterError("(edgecert --help lists the commands)")
  .showSuggestionAfterError()
  .exitOverride()
  .addHelpText(
    "after",
    `
Exit codes: 0 certified or passed, 1 tests failed or inconclusive, 2 wrong definition or usage,
3 no verdict for reasons of infrastructure, 4 something leaked, 5 waiting for approval,
6 cancelled, rejected or refused. Data lives in EDGECERT_HOME (default ~/.local/state/edgecert).
EDGECERT_START=cold boots every local server from its image, instead of copying one that was saved.`,
  );

const commands = [
  runCommand(),
  planCommand(),
  resumeCommand(),
  cancelCommand(),
  approveCommand(),
  rejectCommand(),
  statusCommand(),
  listCommand(),
  logsCommand(),
  reportCommand(),
  siteCommand(),
  verifyCommand(),
  keyCommand(),
  reproduceCommand(),
  sshCommand(),
  imagesCommand(),
  catalogCommand(),
  hostsCommand(),
  clustersCommand(),
  pruneCommand(),
  backupCommand(),
  restoreCommand(),
  workerCommand(),
  upgradeDatabaseCommand(),
  completionCommand(),
  doctorCommand(),
];
for (const command of commands) {
  program.addCommand(command.copyInheritedSettings(program).exitOverride());
  for (const inner of command.commands) inner.copyInheritedSettings(program).exitOverride();
}
program.addCommand(completeCommand(program), { hidden: true });

allowEarlyReaders();

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
  else process.exitCode = reportError(error);
}
