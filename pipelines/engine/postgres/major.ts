import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { FailureError } from "../../dsl/failure.ts";
import { postgresFailure } from "./failures.ts";
import { majorVersion, type PostgresPlace } from "./place.ts";

/** The major versions of which a place holds a data folder, ascending. */
export async function majorsIn({ folder }: Pick<PostgresPlace, "folder">): Promise<readonly number[]> {
  const names = await readdir(folder).catch(() => []);
  const majors = names.flatMap((name) => /^data-(\d+)$/.exec(name)?.[1] ?? []).map(Number);
  return majors.sort((one, other) => one - other);
}

/** Refuses a place whose only data is of another major version: an empty new database would hide all runs. */
export async function refuseOtherMajor(place: PostgresPlace): Promise<void> {
  const majors = await majorsIn(place);
  const found = majors.at(-1);
  if (found === undefined || majors.includes(majorVersion)) return;
  const path = join(place.folder, `data-${found}`);
  throw new FailureError(postgresFailure[found < majorVersion ? "olderData" : "newerData"](path, found, majorVersion));
}
