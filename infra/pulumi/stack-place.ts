import { createHash, randomBytes } from "node:crypto";
import { access, chmod, link, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { z } from "zod";
import { readRecord, writeRecord } from "../hosts/record-file.ts";

/** Environment variable with the place of stacks' states, as Pulumi writes it: `s3://bucket?region=eu-central-1`. */
export const stateVariable = "EDGECERT_PULUMI_STATE";

/** Name of the project that every stack of ours belongs to. */
export const projectName = "edgecert";

/** Which cluster a stack is: a run's node has one at a time. */
export interface StackHolder {
  readonly run: string;
  readonly node: string;
}

/** Where one stack lives: its name, its work folder and its state. */
export interface StackPlace extends StackHolder {
  /** Also the beginning of the hosts' names: a DNS label of at most 54 characters. */
  readonly stack: string;
  /** Absolute, 0700: lease, keys and the log of the engine's events. Goes with the stack. */
  readonly folder: string;
  /** Absolute folder of all clusters and of their passphrase. */
  readonly clusters: string;
  /** `file:///...`, `s3://...` or another that Pulumi knows. */
  readonly backend: string;
}

const placeRecord = z.object({
  v: z.literal(1),
  stack: z.string(),
  backend: z.string(),
  run: z.string(),
  node: z.string(),
});

/**
 * The place of a node's stack. A stack that exists keeps the state that it was begun with, whatever the environment says
 * by now: else a resume would look for it where it is not. Makes nothing.
 */
export async function stackPlace(
  home: string,
  { run, node }: StackHolder,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<StackPlace> {
  const clusters = join(resolve(home), "clusters");
  const stack = stackName({ run, node });
  const folder = join(clusters, stack);
  const begun = await readRecord(recordIn(folder), placeRecord);
  const asked = environment[stateVariable] || pathToFileURL(join(resolve(home), "pulumi")).href;
  const backend = begun?.backend ?? wholeAddress(asked, environment);
  return { run, node, stack, folder, clusters, backend };
}

/**
 * The address of a state as it must be kept: `file://~/states` and `file://states`, which Pulumi takes too, mean another
 * folder from another home or folder. What stands for itself in a folder's name is escaped.
 */
function wholeAddress(address: string, { HOME }: NodeJS.ProcessEnv): string {
  const [, path, query = ""] = /^file:\/\/((?!\/)[^?]*)(\?.*)?$/.exec(address) ?? [];
  if (path === undefined) return address;
  const absolute = /^~(\/|$)/.test(path) ? join(HOME || homedir(), path.slice(1)) : resolve(path);
  return `${pathToFileURL(absolute).href}${query}`;
}

/** The folder of a state that lies in files; undefined for one that lies elsewhere. */
export function stateFolder({ backend }: Pick<StackPlace, "backend">): string | undefined {
  return backend.startsWith("file://") ? fileURLToPath(backend.split("?")[0] ?? "") : undefined;
}

/** Every place of a home whose stack was begun and not yet removed. */
export async function stackPlaces(home: string): Promise<readonly StackPlace[]> {
  const clusters = join(resolve(home), "clusters");
  const names = await readdir(clusters).catch(() => []);
  const records = await Promise.all(names.map((name) => readRecord(recordIn(join(clusters, name)), placeRecord)));
  return records.flatMap((record) => {
    if (record === undefined) return [];
    const { v: _, ...place } = record;
    return [{ ...place, folder: join(clusters, place.stack), clusters }];
  });
}

/** Makes the work folder, the folder of a `file://` state and the passphrase where they are missing. */
export async function prepareStack(place: StackPlace): Promise<void> {
  const { run, node, stack, backend, folder } = place;
  const states = stateFolder(place);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  if (states !== undefined) await mkdir(states, { recursive: true, mode: 0o700 });
  await makePassphrase(place);
  await writeRecord(recordIn(folder), { v: 1, stack, backend, run, node } satisfies z.infer<typeof placeRecord>);
}

/** Forgets the work folder of a stack that is no more. */
export async function forgetStack(place: StackPlace): Promise<void> {
  await rm(place.folder, { recursive: true, force: true });
}

/** What Pulumi must have in its environment to work on a stack there. Credentials of providers stay as they are. */
export function stackEnvironment(place: StackPlace, environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const given = environment.PULUMI_CONFIG_PASSPHRASE ?? environment.PULUMI_CONFIG_PASSPHRASE_FILE;
  return {
    ...environment,
    PULUMI_BACKEND_URL: place.backend,
    ...(given === undefined ? { PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile(place) } : {}),
    // Because the work folder, which holds the salt, may be lost: the state has a copy of it.
    PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    NO_COLOR: "1",
  };
}

function recordIn(folder: string): string {
  return join(folder, "place.json");
}

function passphraseFile({ clusters }: StackPlace): string {
  return join(clusters, "passphrase");
}

/** One passphrase for all stacks of a home, so that a stack whose work folder was lost can still be destroyed. */
async function makePassphrase(place: StackPlace): Promise<void> {
  const path = passphraseFile(place);
  if (
    await access(path).then(
      () => true,
      () => false,
    )
  )
    return;
  const draft = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  await writeFile(draft, randomBytes(24).toString("base64url"), { mode: 0o600, flush: true });
  try {
    // Because of two that make one at a time both must use the same, and a link is made whole or not at all.
    await link(draft, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

function stackName({ run, node }: StackHolder): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([run, node]))
    .digest("hex")
    .slice(0, 8);
  const words = [slug(run).slice(0, 24), slug(node).slice(0, 20), digest].map((word) => word.replace(/^-+|-+$/g, ""));
  const name = words.filter((word) => word !== "").join("-");
  return /^[a-z]/.test(name) ? name : `c${name.slice(0, 53)}`;
}

function slug(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
}
