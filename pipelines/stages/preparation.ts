import { randomBytes } from "node:crypto";
import type { StageContext } from "../dsl/context.ts";
import type { Environment } from "../environments/environment.ts";
import { testFailures } from "./failures.ts";
import { type Machine, writeRemote } from "./machine.ts";

/** Brings the product into the state that the environment describes. A generated key never leaves memory and servers. */
export async function prepareEnvironment(
  machines: readonly Machine[],
  environment: Environment,
  ctx: StageContext,
): Promise<void> {
  for (const { roles, path, mode, owner, content } of environment.state) {
    const text = "text" in content ? content.text : `${randomBytes(32).toString("base64")}\n`;
    const targets = machines.filter(({ server }) => roles.includes(server.role));
    await Promise.all(
      targets.map(async (machine) => writeRemote(await machine.connect(), { path, text, mode, owner }, ctx)),
    );
  }
}

/** Runs every proof of the environment; the first that does not hold ends the stage before any suite has started. */
export async function proveEnvironment(
  machines: readonly Machine[],
  environment: Environment,
  ctx: StageContext,
): Promise<void> {
  for (const { role, title, command } of environment.proofs) {
    for (const machine of machinesOf(role, machines, environment, ctx)) {
      const connection = await machine.connect();
      const { code, stdout, stderr } = await connection.run(command, { signal: ctx.signal, timeoutMs: 120_000 });
      if (code !== 0) {
        const seen = `${machine.server.name}: ${command}\nexit code ${code}\n${stdout}${stderr}`.trim();
        ctx.fail(testFailures.notProved(environment.name, title, seen));
      }
      ctx.note(`proved on ${machine.server.name}: ${title}`);
    }
  }
}

/** The machines of a role; a role without any is a mistake of the environment. */
export function machinesOf(
  role: string,
  machines: readonly Machine[],
  environment: Environment,
  ctx: StageContext,
): readonly [Machine, ...Machine[]] {
  const [first, ...rest] = machines.filter(({ server }) => server.role === role);
  return first === undefined ? ctx.fail(testFailures.noRole(environment.name, role)) : [first, ...rest];
}
