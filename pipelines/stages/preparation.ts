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
  const files = environment.state.map(({ content, ...file }) => ({
    ...file,
    text: "text" in content ? content.text : `${randomBytes(32).toString("base64")}\n`,
  }));
  await Promise.all(
    machines.map(async (machine) => {
      const wanted = files.filter(({ roles }) => roles.includes(machine.server.role));
      if (wanted.length > 0) await writeRemote(await machine.connect(), wanted, ctx);
    }),
  );
}

/** Runs every proof of the environment at once; the first that does not hold ends the stage before any suite has started. */
export async function proveEnvironment(
  machines: readonly Machine[],
  environment: Environment,
  ctx: StageContext,
): Promise<void> {
  const seen = await Promise.all(
    environment.proofs.flatMap((proof) =>
      machinesOf(proof.role, machines, environment, ctx).map(async (machine) => {
        const connection = await machine.connect();
        const end = await connection.run(proof.command, { signal: ctx.signal, timeoutMs: 240_000 });
        return { proof, machine, end };
      }),
    ),
  );
  for (const { proof, machine, end } of seen) {
    if (end.code !== 0) {
      const said = `${machine.server.name}: ${proof.command}\nexit code ${end.code}\n${end.stdout}${end.stderr}`.trim();
      ctx.fail(testFailures.notProved(environment.name, proof.title, said));
    }
    ctx.note(`proved on ${machine.server.name}: ${proof.title}`);
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
