import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { quoted } from "../../infra/ssh/transfer-script.ts";
import type { StageContext } from "../dsl/context.ts";
import type { FileReference } from "../dsl/event.ts";
import type { Environment, Suite } from "../environments/environment.ts";
import { doWork, fileReference, type Machine, remoteRoot, unpackOnce, type WorkEnd } from "./machine.ts";
import { machinesOf } from "./preparation.ts";
import type { FetchedSource } from "./source.ts";

/** How a suite's process ended; null where nobody knows. */
export type SuiteEnd = { readonly suite: string; readonly exitCode: number | null; readonly why: string };

/** Larger than any honest result: a longer file arrives cut, and its reader says so. */
const resultLimitBytes = 64 << 20;
const logLimitBytes = 8 << 20;
const runners = join(import.meta.dirname, "runners");

/**
 * Runs the environment's suites one after the other and brings results and log of each into the run's folder as soon
 * as it ended, however it ended. A suite that failed does not keep the next one from running.
 */
export async function runSuites(
  machines: readonly Machine[],
  of: { readonly environment: Environment; readonly source: FetchedSource },
  ctx: StageContext,
): Promise<readonly SuiteEnd[]> {
  const ends: SuiteEnd[] = [];
  for (const suite of of.environment.suites) {
    const [machine] = machinesOf(suite.role, machines, of.environment, ctx);
    ends.push(await runSuite(machine, { suite, source: of.source, tests: of.environment.tests }, ctx));
  }
  return ends;
}

async function runSuite(
  machine: Machine,
  of: { readonly suite: Suite; readonly source: FetchedSource; readonly tests: string },
  ctx: StageContext,
): Promise<SuiteEnd> {
  const { suite, source, tests } = of;
  const connection = await machine.connect();
  const { path, sha256 } = source.archive;
  const cwd = await unpackOnce(machine, { path: join(ctx.folder, path), sha256, only: tests }, ctx);
  await connection.upload(runners, `${remoteRoot}/runners`, { signal: ctx.signal });
  const folder = `${remoteRoot}/results/${suite.name}`;
  await connection.must(`mkdir -p ${quoted(folder)}`, { signal: ctx.signal });
  ctx.emit({ type: "suite.started", data: { suite: suite.name, format: suite.format } }, machine.server.name);
  const env = { ...suite.env, EDGECERT_RESULTS: folder, EDGECERT_RUNNERS: `${remoteRoot}/runners` };
  const command = `ulimit -c unlimited; ${suite.command}`;
  const { name, timeoutMs } = suite;
  const end = await doWork(machine, { name: `suite-${name}`, command, env, cwd, timeoutMs }, ctx);
  await collect(machine, { suite, folder, end }, ctx);
  return { suite: name, exitCode: end.code, why: end.why };
}

async function collect(
  machine: Machine,
  of: { readonly suite: Suite; readonly folder: string; readonly end: WorkEnd },
  ctx: StageContext,
): Promise<void> {
  const { suite, folder, end } = of;
  const place = join(ctx.attemptFolder, "results", suite.name);
  await mkdir(place, { recursive: true });
  const fetch = async (remote: string, name: string, maxBytes: number): Promise<FileReference | null> => {
    const connection = await machine.connect();
    const there = await connection.run(`test -f ${quoted(remote)} && test ! -L ${quoted(remote)}`, {
      signal: ctx.signal,
    });
    if (there.code !== 0) return null;
    const local = join(place, name);
    const options = { maxBytes, signal: ctx.signal, timeoutMs: 300_000 };
    return fileReference(local, await connection.download(remote, local, options), ctx);
  };
  const results = await fetch(`${folder}/${suite.results}`, suite.results, resultLimitBytes);
  const log = await fetch(end.log, "output.txt", logLimitBytes);
  if (results === null) ctx.note(`${suite.name} left no ${suite.results}`);
  ctx.emit(
    {
      type: "suite.finished",
      data: {
        suite: suite.name,
        format: suite.format,
        exitCode: end.code,
        results: results === null ? [] : [results],
        log,
        durationMs: end.durationMs,
      },
    },
    machine.server.name,
  );
}
