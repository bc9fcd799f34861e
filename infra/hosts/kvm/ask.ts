import type { Connection } from "../../ssh/connection.ts";
import { placeOf } from "../../ssh/failures.ts";
import { type Said, saidIn } from "./facts.ts";
import { hypervisorError } from "./failures.ts";

/** How long a host that has everything may take to say so, in milliseconds, emulated and busy perhaps. */
const askMs = 120_000;

/** Runs a script as root and gives what it said to us. Throws a failure where root is not to be had or the script ends early. */
export async function ask(
  connection: Connection,
  script: string,
  { signal, timeoutMs = askMs }: { readonly signal: AbortSignal; readonly timeoutMs?: number },
): Promise<readonly Said[]> {
  const command = asRoot(connection, "/bin/sh -s");
  const { code, stdout, stderr } = await connection.run(command, { input: script, signal, timeoutMs });
  if (code === 0) return saidLines(stdout);
  const detail = `${placeOf(connection.address)}: exit code ${code}\n${stderr.trim()}`;
  throw hypervisorError(/\bsudo\b/.test(stderr) ? "hypervisor-root" : "hypervisor-facts", detail);
}

function saidLines(text: string): readonly Said[] {
  return text.split("\n").flatMap((line) => {
    const said = saidIn(line);
    return said === undefined ? [] : [said];
  });
}

/** A command of the shell for root, whoever logged in. */
export function asRoot({ address }: Connection, command: string): string {
  return address.user === "root" ? command : `sudo -n env login_home="$HOME" ${command}`;
}
