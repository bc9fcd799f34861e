import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startClouds } from "../fakes/clouds.ts";
import { pulumiEngine } from "../pulumi/engine.ts";
import { exampleStack } from "../pulumi/example-stack.ts";
import { Workspace } from "../pulumi/workspace.ts";

const checkout = join(import.meta.dirname, "..", "..");
const rounds = 5;

/**
 * `pulumi up` of this project as it is, in TypeScript with type errors found, beside the same compiled to JavaScript, on a
 * fake of EC2 whose machines are there at once. In turn, so that a busy machine weighs on both alike; medians.
 */
export async function benchPulumiTypescript(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "edgecert-bench-pulumi-"));
  const clouds = await startClouds({ tell: console.error });
  const { environment } = clouds;
  try {
    const engine = join((await pulumiEngine()).root, "bin");
    const source = join(folder, "source");
    const typescript = await Workspace.open({ folder: source, engine, infra: "linked", environment });
    const plain = plainHost(folder, engine);
    const compiled = await Workspace.open({ folder: compile(folder), engine: plain, infra: "linked", environment });
    await typescript.stack("ts", exampleStack("aws"));
    await compiled.stack("js", exampleStack("aws"));
    // The stamp of the type check lies by the sources' own place; without it this is the first command after a change.
    rmSync(join(checkout, "node_modules", ".cache", "edgecert"), { recursive: true, force: true });
    const first = await secondsOfUp(typescript, "ts");
    await secondsOfUp(compiled, "js");
    const times = { ts: [] as number[], js: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      times.ts.push(await secondsOfUp(typescript, "ts"));
      times.js.push(await secondsOfUp(compiled, "js"));
    }
    report(first, median(times.ts), median(times.js));
  } finally {
    await clouds[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A folder of the engine whose host of Node.js programs does not load ts-node: the pinned one ignores Pulumi.yaml there. */
function plainHost(folder: string, engine: string): string {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  copyFileSync(join(engine, "pulumi"), join(bin, "pulumi"));
  const host = join(bin, "pulumi-language-nodejs");
  writeFileSync(host, `#!/bin/sh\nexec ${join(engine, "pulumi-language-nodejs")} -typescript=false "$@"\n`);
  chmodSync(host, 0o755);
  return bin;
}

/** A folder with the program in JavaScript. */
function compile(folder: string): string {
  const place = join(folder, "compiled");
  mkdirSync(place);
  const config = join(folder, "tsconfig.json");
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(checkout, "tsconfig.json"),
      compilerOptions: {
        noEmit: false,
        incremental: false,
        tsBuildInfoFile: null,
        rootDir: checkout,
        outDir: place,
        typeRoots: [join(checkout, "node_modules", "@types")],
      },
      files: [join(checkout, "infra", "index.ts")],
      include: [],
    }),
  );
  execFileSync(join(checkout, "node_modules", ".bin", "tsc"), ["-p", config], { stdio: "inherit" });
  const project = readFileSync(join(checkout, "Pulumi.yaml"), "utf8").replace("infra/index.ts", "infra/index.js");
  writeFileSync(join(place, "Pulumi.yaml"), project);
  symlinkSync(join(checkout, "package.json"), join(place, "package.json"));
  return place;
}

/** Brings a cluster up from nothing; taking it down again is not measured. */
async function secondsOfUp(workspace: Workspace, stack: string): Promise<number> {
  const began = performance.now();
  await workspace.must(["up", "--yes", "--skip-preview", "--stack", stack]);
  const seconds = (performance.now() - began) / 1000;
  await workspace.must(["destroy", "--yes", "--skip-preview", "--stack", stack]);
  return seconds;
}

function report(first: number, ts: number, js: number): void {
  const verdict = ts / js <= 1.5 ? "met" : "missed";
  console.log(
    `pulumi-typescript: up as JavaScript ${js.toFixed(1)} s, as TypeScript ${ts.toFixed(1)} s (${rounds} rounds)`,
  );
  console.log(`pulumi-typescript: ${(ts / js).toFixed(2)}x (aim 1.50x: ${verdict})`);
  console.log(`pulumi-typescript: the first up after a change, with its type check, ${first.toFixed(1)} s`);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
