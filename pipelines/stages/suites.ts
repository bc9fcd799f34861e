import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { quoted } from "../../infra/ssh/transfer-script.ts";
import type { StageContext } from "../dsl/context.ts";
import type { FileReference } from "../dsl/event.ts";
import type { OnlyTest } from "../dsl/request.ts";
import type { Environment, Suite } from "../environments/environment.ts";
import { lossFailures } from "./failures.ts";
import { lostServers } from "./loss.ts";
import { doWork, fileReference, type Machine, remoteRoot, unpackOnce, type WorkEnd } from "./machine.ts";
import { machinesOf } from "./preparation.ts";
import { selectorOf } from "./selector.ts";
import type { FetchedSource } from "./source.ts";

/** How a suite's process ended; null where nobody knows. */
export type SuiteEnd = { readonly suite: string; readonly exitCode: number | null; readonly why: string };

/** Larger than any honest result: a longer file arrives cut, and its reader says so. */
const resultLimitBytes = 64 << 20;
const logLimitBytes = 8 << 20;
const runners = join(import.meta.dirname, "runners");

/**
 * Runs those of the environment's suites that the plan expects, one after the other, and brings results and log of each
 * into the run's folder as soon as it ended, however it ended. A suite that failed does not keep the next one from running.
 */
export async function runSuites(
  machines: readonly Machine[],
  of: { readonly environment: Environment; readonly source: FetchedSource },
  ctx: StageContext,
): Promise<readonly SuiteEnd[]> {
  const ends: SuiteEnd[] = [];
  const folders = new Map<Machine, string>();
  for (const suite of of.environment.suites) {
    const expected = ctx.suites.find(({ name }) => name === suite.name);
    if (expected === undefined) continue;
    const [machine] = machinesOf(suite.role, machines, of.environment, ctx);
    const cwd = folders.get(machine) ?? (await layOut(machine, of, ctx));
    folders.set(machine, cwd);
    ends.push(await runSuite(machine, { suite: limitedTo(suite, expected.only), cwd, machines }, ctx));
  }
  return ends;
}

/** The suite with the name of the one test to run, in the words of its framework; the whole suite where there is none. */
function limitedTo(suite: Suite, only: OnlyTest | undefined): Suite {
  if (only === undefined || suite.only === undefined) return suite;
  const command = `${suite.command} ${suite.only}`;
  return { ...suite, command, env: { ...suite.env, EDGECERT_ONLY_TEST: selectorOf(suite.format, only) } };
}

/** Brings suites and runners to a server; returns the folder in which suites start. */
async function layOut(
  machine: Machine,
  of: { readonly environment: Environment; readonly source: FetchedSource },
  ctx: StageContext,
): Promise<string> {
  const { path, sha256 } = of.source.archive;
  const archive = { path: join(ctx.folder, path), sha256, only: of.environment.tests };
  const connection = await machine.connect();
  const [folder] = await Promise.all([
    unpackOnce(machine, archive, ctx),
    connection.upload(runners, `${remoteRoot}/runners`, { signal: ctx.signal, timeoutMs: 300_000 }),
  ]);
  return folder;
}

async function runSuite(
  machine: Machine,
  of: { readonly suite: Suite; readonly cwd: string; readonly machines: readonly Machine[] },
  ctx: StageContext,
): Promise<SuiteEnd> {
  const { suite, cwd, machines } = of;
  const folder = `${remoteRoot}/results/${suite.name}`;
  ctx.emit({ type: "suite.started", data: { suite: suite.name, format: suite.format } }, machine.server.name);
  const env = { ...suite.env, EDGECERT_RESULTS: folder, EDGECERT_RUNNERS: `${remoteRoot}/runners` };
  const command = `mkdir -p "$EDGECERT_RESULTS" && ulimit -c unlimited; ${suite.command}`;
  const { name, timeoutMs } = suite;
  const end = await doWork(machine, { name: `suite-${name}`, command, env, cwd, timeoutMs }, ctx);
  const lost = end.code === 0 ? [] : await lostDuring(machines, end, ctx);
  const files = await collect(machine, { suite, folder, end }, ctx).catch((error: unknown) => {
    if (lost.length === 0) throw error;
    return [null, null] as const;
  });
  // Because tests that fail on a dead server say nothing about the product, what they wrote is kept and not counted.
  if (lost.length > 0) {
    for (const file of files) {
      if (file !== null)
        ctx.emit({ type: "evidence", data: { kind: "other", file, truncated: false } }, machine.server.name);
    }
    ctx.fail(lossFailures.serversLost(`the suite ${name} ran`, lost));
  }
  const [results, log] = files;
  if (results === null) ctx.note(`${name} left no ${suite.results}`);
  const { format } = suite;
  const data = { suite: name, format, exitCode: end.code, log, durationMs: end.durationMs };
  const found = results === null ? [] : [results];
  ctx.emit({ type: "suite.finished", data: { ...data, results: found } }, machine.server.name);
  return { suite: name, exitCode: end.code, why: end.why };
}

/** Why what a suite wrote may not count: its own process is gone without a word, or a server of the cell is. */
async function lostDuring(machines: readonly Machine[], end: WorkEnd, ctx: StageContext): Promise<readonly string[]> {
  const gone = end.ending === "rebooted" || end.ending === "vanished";
  return [...(gone ? [`its process ${end.why}`] : []), ...(await lostServers(machines, end.durationMs, ctx))];
}

/** Brings result file and log of a suite into the run's folder; null for what is not there. */
async function collect(
  machine: Machine,
  of: { readonly suite: Suite; readonly folder: string; readonly end: WorkEnd },
  ctx: StageContext,
): Promise<readonly [results: FileReference | null, log: FileReference | null]> {
  const { suite, folder, end } = of;
  const place = join(ctx.attemptFolder, "results", suite.name);
  await mkdir(place, { recursive: true });
  const connection = await machine.connect();
  const wanted = [
    { remote: `${folder}/${suite.results}`, name: suite.results, maxBytes: resultLimitBytes },
    { remote: end.log, name: "output.txt", maxBytes: logLimitBytes },
  ];
  const paths = wanted.map(({ remote }) => quoted(remote)).join(" ");
  const there = await connection.must(
    `for f in ${paths}; do if [ -f "$f" ] && [ ! -L "$f" ]; then echo yes; else echo no; fi; done`,
    { signal: ctx.signal },
  );
  const answers = there.stdout.split("\n");
  const [results = null, log = null] = await Promise.all(
    wanted.map(async ({ remote, name, maxBytes }, index): Promise<FileReference | null> => {
      if (answers[index] !== "yes") return null;
      const local = join(place, name);
      const options = { maxBytes, signal: ctx.signal, timeoutMs: 300_000 };
      return fileReference(local, await connection.download(remote, local, options), ctx);
    }),
  );
  return [results, log];
}
