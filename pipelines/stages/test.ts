import type { Server } from "../../infra/providers/provider.ts";
import type { StageContext } from "../dsl/context.ts";
import type { Environment } from "../environments/environment.ts";
import type { BuiltPackages } from "./build.ts";
import { gatherEvidence } from "./evidence.ts";
import { testFailures } from "./failures.ts";
import { installPackages } from "./install.ts";
import { type Machine, remoteRoot, withMachines, writeRemote } from "./machine.ts";
import { prepareEnvironment, proveEnvironment } from "./preparation.ts";
import { providerOf } from "./provision.ts";
import type { FetchedSource } from "./source.ts";
import { runSuites, type SuiteEnd } from "./suites.ts";

/** Everything that the test of a cell needs. */
export interface CellTest {
  readonly environment: Environment;
  readonly servers: readonly Server[];
  readonly packages: BuiltPackages;
  /** Where the suites come from. */
  readonly source: FetchedSource;
}

/** How each suite of a cell ended: a stage's output. */
export type TestedCell = { readonly suites: readonly SuiteEnd[] };

/**
 * Certifies one cell: installs the packages, prepares and proves the environment, runs every suite. When anything fails
 * evidence of all servers is kept first. An attempt after a crash attaches to what is still running.
 */
export function testCell(test: CellTest, ctx: StageContext): Promise<TestedCell> {
  const provider = providerOf(ctx);
  const evidence = {
    environment: test.environment,
    consoleOf: (server: Server) => provider.consolePath?.(server) ?? null,
  };
  return withMachines(test.servers, async (machines) => {
    try {
      await setUp(machines, test, ctx);
      const suites = await runSuites(machines, test, ctx);
      judge(suites, ctx);
      return { suites };
    } catch (error) {
      await gatherEvidence(machines, evidence, ctx);
      throw error;
    }
  });
}

/** Once per cell: a repeated set-up would change the key under the feet of suites that still run. */
async function setUp(machines: readonly Machine[], test: CellTest, ctx: StageContext): Promise<void> {
  const mark = `${remoteRoot}/prepared`;
  const text = test.packages.packages.map(({ file }) => `${file.sha256}\n`).join("");
  const states = await Promise.all(
    machines.map(async (machine) => {
      const connection = await machine.connect();
      return (await connection.run(`cat ${mark} 2> /dev/null`, { signal: ctx.signal })).stdout;
    }),
  );
  if (states.every((state) => state === text)) return ctx.note("the servers were prepared by an earlier attempt");
  await installPackages(machines, test, ctx);
  await prepareEnvironment(machines, test.environment, ctx);
  await proveEnvironment(machines, test.environment, ctx);
  await Promise.all(
    machines.map(async (machine) =>
      writeRemote(await machine.connect(), [{ path: mark, text, mode: "0644", owner: "root" }], ctx),
    ),
  );
}

function judge(suites: readonly SuiteEnd[], ctx: StageContext): void {
  const unknown = suites.filter(({ exitCode }) => exitCode === null);
  const failed = suites.filter(({ exitCode }) => exitCode !== null && exitCode !== 0);
  if (failed.length > 0) ctx.fail(testFailures.suitesFailed(failed.map(({ suite }) => suite)));
  if (unknown.length > 0) {
    const why = unknown.map(({ suite, why }) => `${suite}: ${why}`).join("; ");
    ctx.fail(
      testFailures.suitesUnknown(
        unknown.map(({ suite }) => suite),
        why,
      ),
    );
  }
}
