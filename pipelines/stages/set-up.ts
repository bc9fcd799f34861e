import type { StageContext } from "../dsl/context.ts";
import { describeServers } from "./description.ts";
import { lossFailures } from "./failures.ts";
import { type Installation, installPackages } from "./install.ts";
import { type Machine, remoteRoot, writeRemote } from "./machine.ts";
import { prepareEnvironment, proveEnvironment } from "./preparation.ts";

const begun = `${remoteRoot}/preparing`;
const done = `${remoteRoot}/prepared`;

/**
 * Installs, describes, prepares and proves, once per server: a repeated set-up would change the key under the feet of suites that
 * still run. Servers that an interrupted attempt left half set up are given up: nobody knows what state they are in.
 */
export async function setUpServers(machines: readonly Machine[], of: Installation, ctx: StageContext): Promise<void> {
  const text = of.packages.packages.map(({ file }) => `${file.sha256}\n`).join("");
  const marks = await Promise.all(machines.map((machine) => marksOf(machine, ctx)));
  if (marks.every((found) => found.done === text)) return ctx.note("the servers were prepared by an earlier attempt");
  const half = machines.filter((_, index) => marks[index]?.begun);
  if (half.length > 0) ctx.fail(lossFailures.setUpInterrupted(half.map(({ server }) => server.name)));
  await mark(machines, begun, "", ctx);
  await installPackages(machines, of, ctx);
  await describeServers(machines, ctx);
  await prepareEnvironment(machines, of.environment, ctx);
  await proveEnvironment(machines, of.environment, ctx);
  await mark(machines, done, text, ctx);
}

async function marksOf(machine: Machine, { signal }: StageContext): Promise<{ begun: boolean; done: string | null }> {
  const connection = await machine.connect();
  const script = `if [ -e ${begun} ]; then echo begun; fi; if [ -e ${done} ]; then echo done; cat ${done}; fi`;
  const { stdout } = await connection.run(script, { signal });
  const [, started, after] = /^(begun\n)?(?:done\n([\s\S]*))?$/.exec(stdout) ?? [];
  return { begun: started !== undefined, done: after ?? null };
}

async function mark(machines: readonly Machine[], path: string, text: string, ctx: StageContext): Promise<void> {
  const file = { path, text, mode: "0644", owner: "root" };
  await Promise.all(machines.map(async (machine) => writeRemote(await machine.connect(), [file], ctx)));
}
