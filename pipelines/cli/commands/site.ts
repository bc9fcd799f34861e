import { Command } from "commander";

const help = `
The folder can be published as it is: index.html, a page per pipeline, and a copy of every certificate. It shows runs,
trends, failing tests and since when they fail, flaky and slowest tests, and time to ready. Only what changed since the
last time is written. Certificates outlive their runs: a prune moves them to the folder certificates of the home, unless
it is told --certificates. Logs and results that a certificate links to are not copied.`;

/** `edgecert site`: a static site over all certificates of this home. */
export function siteCommand(): Command {
  return new Command("site")
    .description("write a static site over all certificates of this home and print the path of its index")
    .option("--out <dir>", "the folder to write, made if it is not there", "edgecert-site")
    .option("--json", "print one line of JSON instead: paths and counts")
    .addHelpText("after", help)
    .action(async (words: { readonly out: string; readonly json?: boolean }) => {
      const { site } = await import("../site.ts");
      process.exitCode = await site(words);
    });
}
