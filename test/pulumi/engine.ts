import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "./cache-folder.ts";
import { buildFlags, buildGoProgram } from "./go-program.ts";
import { goToolchain } from "./go-toolchain.ts";
import { madeOnce } from "./made-once.ts";

/** Pulumi's engine as tests use it. */
export interface Engine {
  /** The programs are in `bin` below it, as `PulumiCommand.get({ root })` and PATH want them. */
  readonly root: string;
  /** Of the command line, such as `3.250.0`. */
  readonly version: string;
}

const modules = join(import.meta.dirname, "engine");
const parts = [
  { name: "pulumi", module: "cli", command: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi" },
  {
    name: "pulumi-language-nodejs",
    module: "language-host",
    command: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
  },
];

/**
 * Pulumi's command line and its host of Node.js programs, built from Go modules because those are had where the vendor's
 * downloads are not: once on a machine, about 6 minutes on two cores. Throws with what to install.
 */
export async function pulumiEngine(tell = say): Promise<Engine> {
  const version = pinnedVersion();
  const root = join(cacheFolder(), `pulumi-${version}-${digest()}`);
  await madeOnce(root, (half) => build(half, version, tell), tell);
  return { root, version };
}

async function build(folder: string, version: string, tell: (text: string) => void): Promise<void> {
  tell(`Building Pulumi's engine ${version} from Go modules: about 6 minutes on two cores, only this once.`);
  await mkdir(join(folder, "bin"));
  const linker = `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${version}`;
  // The small one first, because what is wrong with Go or its proxy then shows within a minute.
  const go = await goToolchain(tell);
  for (const { name, module, command } of parts.toReversed()) {
    const output = join(folder, "bin", name);
    await buildGoProgram({ go, module: join(modules, module), command, linker, output }, tell);
  }
}

function pinnedVersion(): string {
  const text = readFileSync(join(modules, "cli", "go.mod"), "utf8");
  const version = /github\.com\/pulumi\/pulumi\/pkg\/v3 v(\S+)/.exec(text)?.[1];
  if (version === undefined) throw new Error("the engine's go.mod names no version of Pulumi");
  return version;
}

/** Of everything that decides what the programs are. */
function digest(): string {
  const files = parts.flatMap(({ module }) => ["go.mod", "go.sum"].map((name) => join(modules, module, name)));
  const hash = createHash("sha256").update([process.platform, process.arch, ...buildFlags].join(" "));
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}

function say(text: string): void {
  console.error(`pulumi engine: ${text}`);
}
