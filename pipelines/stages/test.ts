import type { Server } from "../../infra/providers/provider.ts";
import type { StageContext } from "../dsl/context.ts";
import type { Environment } from "../environments/environment.ts";
import type { BuiltPackages } from "./build.ts";
import { gatherEvidence } from "./evidence.ts";
import { testFailures } from "./failures.ts";
import { onServers } from "./loss.ts";
import { withMachines } from "./machine.ts";
import { providerOf } from "./provision.ts";
import { setUpServers } from "./set-up.ts";
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
 * evidence of all servers is kept first. An attempt after a crash attaches to what is still running; where that is gone,
 * or a server is, the failure is of class `lost`.
 */
export function testCell(test: CellTest, ctx: StageContext): Promise<TestedCell> {
  const provider = providerOf(ctx);
  const evidence = {
    environment: test.environment,
    consoleOf: (server: Server) => provider.consolePath?.(server) ?? null,
    isGone: async (server: Server) => (await provider.isGone?.(server)) ?? false,
  };
  return withMachines(test.servers, async (machines) => {
    try {
      return await onServers(machines, { title: "the cell was tested", repeatable: "once" }, ctx, async () => {
        await setUpServers(machines, test, ctx);
        const suites = await runSuites(machines, test, ctx);
        judge(suites, ctx);
        return { suites };
      });
    } catch (error) {
      await gatherEvidence(machines, evidence, ctx);
      throw error;
    }
  });
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
