import { execFile } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { InfraError } from "../failure.ts";
import { findCommand } from "../hosts/requirements.ts";
import { brokenEngine, noEngine, oldEngine } from "./failures.ts";

/** Pulumi's command line, which brings clusters up: a program of its own beside the npm packages of the same name. */
export interface PulumiEngine {
  /** Absolute path. */
  readonly command: string;
  /** Such as `3.250.0`. */
  readonly version: string;
  /** `download`: the npm package, whose first use fetches the program from the vendor. */
  readonly source: "path" | "download";
}

/**
 * The first version that keeps tags of a stack on `file://` and `s3://` states (the changelog of 3.211.0): they say
 * which run a stack belongs to when nobody else remembers it.
 */
export const oldestEngine = "3.211.0";

/** How long `pulumi version` may take, in milliseconds: it starts in 0.1 s and asks nobody. */
const versionMs = 20_000;

/**
 * The `pulumi` of PATH when it is recent enough, else that of the official npm package where it is installed. Runs neither
 * a download nor an update check. Throws an InfraError that says what to install.
 */
export async function pulumiEngine(): Promise<PulumiEngine> {
  const command = findCommand("pulumi");
  const found = command === undefined ? undefined : (packageOf(realpathSync(command)) ?? (await programAt(command)));
  if (found !== undefined && isRecent(found.version)) return found;
  const installed = installedPackage();
  if (installed !== undefined && isRecent(installed.version)) return installed;
  throw new InfraError(found === undefined ? noEngine(oldestEngine) : oldEngine(found, oldestEngine));
}

async function programAt(command: string): Promise<PulumiEngine> {
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  try {
    const { stdout } = await promisify(execFile)(command, ["version"], { env, timeout: versionMs });
    const version = /^v?(\d+\.\d+\.\d+)/.exec(stdout.trim())?.[1];
    if (version !== undefined) return { command, version, source: "path" };
    throw new Error(`it printed ${JSON.stringify(stdout.slice(0, 200))}`);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new InfraError(brokenEngine(command, detail), { cause: error });
  }
}

/** The npm package's launcher is told by the folder it lies in: asking it for its version would download the program. */
function packageOf(file: string): PulumiEngine | undefined {
  try {
    const fields: ReadonlyMap<string, unknown> = new Map(
      Object.entries(JSON.parse(readFileSync(join(dirname(file), "package.json"), "utf8"))),
    );
    if (fields.get("name") !== "pulumi") return undefined;
    return { command: file, version: String(fields.get("version")), source: "download" };
  } catch {
    return undefined;
  }
}

function installedPackage(): PulumiEngine | undefined {
  try {
    return packageOf(join(dirname(createRequire(import.meta.url).resolve("pulumi/package.json")), "run.js"));
  } catch {
    return undefined;
  }
}

function isRecent(version: string): boolean {
  const parts = version.split(".").map(Number);
  const oldest = oldestEngine.split(".").map(Number);
  for (const [index, least] of oldest.entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}
