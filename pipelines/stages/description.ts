import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { StageContext } from "../dsl/context.ts";
import type { ServerDescription } from "../dsl/event.ts";
import { fileReference, type Machine } from "./machine.ts";
import { digestOf } from "./source.ts";

/** One exchange, because each costs an emulated server a third of a second. The clock is read first. */
const questions = `date +%s.%N
uname -r
sed -n 's/^PRETTY_NAME="\\{0,1\\}\\([^"]*\\)"\\{0,1\\}$/\\1/p' /etc/os-release
sed -n 's/^model name[[:space:]]*: *//p' /proc/cpuinfo | head -n 1
echo
dpkg-query -W -f '\${db:Status-Abbrev} \${Package} \${Version} \${Architecture}\\n'`;

/**
 * Asks every machine what it is made of, for the record: system, kernel, processor, clock, installed packages. Whoever
 * compares a cell that failed with one that passed needs it; a server that does not answer as expected is only noted.
 */
export async function describeServers(machines: readonly Machine[], ctx: StageContext): Promise<void> {
  await Promise.all(
    machines.map(async (machine) => {
      const { name: server, id } = machine.server;
      const said = await ask(machine, ctx);
      if (said === null) return ctx.note(`${server} did not say what it is made of`);
      const path = join(ctx.attemptFolder, `packages-of-${server}.txt`);
      await writeFile(path, said.packages);
      const packages = fileReference(path, await digestOf(path), ctx);
      ctx.emit({ type: "server.described", data: { server, id, ...said.facts, packages } }, server);
    }),
  );
}

async function ask(machine: Machine, { signal }: StageContext) {
  const connection = await machine.connect();
  const asked = Date.now();
  const { stdout } = await connection.run(questions, { signal });
  return readDescription(stdout, { asked, answered: Date.now() });
}

/**
 * Reads the answer of a server; null where it is not complete. The clock was read at some time between asking and
 * answering (both in milliseconds since 1970), hence the error of its offset.
 */
export function readDescription(
  stdout: string,
  { asked, answered }: { readonly asked: number; readonly answered: number },
): { readonly facts: Omit<ServerDescription, "packages">; readonly packages: string } | null {
  const [facts = "", listed = ""] = stdout.split(/\n\n(.*)/s);
  const [clock = "", kernel = "", system = "", cpu = ""] = facts.split("\n");
  const clockMs = Number(clock) * 1_000;
  const packages = listed
    .split("\n")
    .flatMap((line) => (/^ii /.test(line) ? [line.slice(3).trim()] : []))
    .toSorted();
  if (!Number.isFinite(clockMs) || clock === "" || kernel === "" || packages.length === 0) return null;
  const clockOffsetMs = Math.round(clockMs - (asked + answered) / 2);
  const clockErrorMs = Math.ceil((answered - asked) / 2);
  return {
    facts: { system, kernel, cpu, clockOffsetMs, clockErrorMs },
    packages: packages.map((line) => `${line}\n`).join(""),
  };
}
