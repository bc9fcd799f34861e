import { setTimeout as delay } from "node:timers/promises";
import { waitForSsh } from "../../infra/ssh/readiness.ts";
import type { StageContext } from "../dsl/context.ts";
import { lossFailures } from "./failures.ts";
import { askedBoot } from "./loss.ts";
import type { Machine } from "./machine.ts";

/** How a reboot is waited for. */
export interface RebootOptions {
  /** Until the server runs commands again, in milliseconds; default 5 minutes, enough for an emulated one. */
  readonly timeoutMs?: number;
  /** Default: {@link waitForSsh}. */
  readonly reach?: typeof waitForSsh;
}

const bootId = "/proc/sys/kernel/random/boot_id";

/**
 * Reboots a server and resolves when it runs commands in a new boot, which then does not count as a loss. Detached jobs
 * that ran on it are gone, and are told as such. Ends the stage with a failure of class `lost` when the server does not
 * come back in time.
 */
export async function rebootServer(machine: Machine, ctx: StageContext, options: RebootOptions = {}): Promise<void> {
  const { server } = machine;
  const { timeoutMs = 300_000, reach = waitForSsh } = options;
  const began = performance.now();
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(timeoutMs)]);
  ctx.note(`rebooting ${server.name}`);
  try {
    const connection = await machine.connect();
    const before = (await connection.must(`cat ${bootId}`, { signal })).stdout.trim();
    // Because the server may cut the connection before it answers: only another boot says that the command arrived.
    await connection.run("systemctl reboot", { signal, timeoutMs: 30_000 }).catch(() => undefined);
    while ((await look(() => reach(server.ssh, { timeoutMs, signal }), before, signal)) === before)
      await delay(500, undefined, { signal });
  } catch (error) {
    ctx.signal.throwIfAborted();
    ctx.fail(lossFailures.notRebooted(server.name, error instanceof Error ? error.message : String(error)), error);
  }
  const tookMs = Math.round(performance.now() - began);
  ctx.emit({ type: "server.rebooted", data: { server: server.name, id: server.id, tookMs } }, server.name);
}

/** The boot in which the server answers; another than `before` is noted on the server as the one that was asked for. */
async function look(reach: () => ReturnType<typeof waitForSsh>, before: string, signal: AbortSignal): Promise<string> {
  const connection = await reach();
  const note = `mkdir -p "$(dirname ${askedBoot})" && echo "$id" > ${askedBoot}`;
  const command = `id=$(cat ${bootId}); echo "$id"; [ "$id" = "${before}" ] || { ${note}; }`;
  try {
    const { code, stdout } = await connection.run(command, { signal, timeoutMs: 30_000 });
    return code === 0 ? stdout.trim() : before;
  } catch {
    // Because a server on its way down answers once more, and no further.
    signal.throwIfAborted();
    return before;
  } finally {
    connection.close();
  }
}
