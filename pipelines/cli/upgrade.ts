import { resolve } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { removeKept, upgradeDatabase } from "../engine/upgrade.ts";
import type { UpgradeWords } from "./commands/upgrade-database.ts";
import { UsageError } from "./exit.ts";
import { databasePlace } from "./home.ts";

/** Upgrades the database of this home, or removes what upgrades kept, and says what was done. */
export async function upgrade({ binaries, removeOld = false }: UpgradeWords): Promise<void> {
  const { home, databaseUrl } = databasePlace();
  if (databaseUrl !== undefined)
    throw new UsageError(
      "The database is not ours",
      "EDGECERT_DATABASE_URL names a Postgres that edgecert does not run",
      "upgrade it by its own means, for example pg_upgrade",
    );
  const tell = (text: string) => console.log(text);
  const named = binaries === undefined ? null : resolve(binaries);
  const done = await upgradeDatabase({ home, binaries: named, version: packageJson.version, tell });
  console.log(
    done.from === null
      ? `The database needs no upgrade: this edgecert runs Postgres ${done.to}.`
      : `The database is of Postgres ${done.to} now.`,
  );
  if (removeOld) for (const path of await removeKept(home)) console.log(`removed ${path}`);
  else if (done.kept.length > 0)
    console.log(`Kept: ${done.kept.join(", ")}\nRemove it with: edgecert upgrade-database --remove-old`);
}
