import { z } from "zod";
import { type LineSocket, openLineSocket } from "./line-socket.ts";
import { sockets } from "./qemu-arguments.ts";

/** QEMU's own control of a machine: QMP, the QEMU Machine Protocol. */
export interface Monitor extends Disposable {
  /** Runs a command and gives what it returned. Throws with QEMU's own words when it refuses. */
  execute(command: string, words?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** The next event of that name, or one that came since the monitor was opened and nobody asked for. */
  event(name: string): Promise<Readonly<Record<string, unknown>>>;
}

const message = z.object({
  id: z.number().optional(),
  return: z.unknown().optional(),
  error: z.object({ desc: z.string() }).optional(),
  event: z.string().optional(),
  data: z.record(z.string(), z.unknown()).default({}),
});
type Message = z.infer<typeof message>;

/** Opens the monitor of a machine by its folder. QEMU serves one client at a time. Every wait ends with the signal. */
export async function openMonitor(folder: string, signal: AbortSignal): Promise<Monitor> {
  const socket = await openLineSocket(folder, sockets.monitor, signal);
  try {
    await socket.next((line) => line.includes('"QMP"'), signal);
    const monitor = monitorOn(socket, signal);
    await monitor.execute("qmp_capabilities");
    return monitor;
  } catch (error) {
    socket[Symbol.dispose]();
    throw error;
  }
}

function monitorOn(socket: LineSocket, signal: AbortSignal): Monitor {
  const events: Message[] = [];
  let last = 0;
  const read = async () => message.parse(JSON.parse(await socket.next(() => true, signal)));
  return {
    async execute(command, words = {}) {
      last += 1;
      socket.send(JSON.stringify({ execute: command, arguments: words, id: last }));
      for (;;) {
        const heard = await read();
        if (heard.event !== undefined) events.push(heard);
        if (heard.id !== last) continue;
        if (heard.error !== undefined) throw new Error(`QEMU refused ${command}: ${heard.error.desc}`);
        return heard.return;
      }
    },
    async event(name) {
      for (;;) {
        const heard = events.shift() ?? (await read());
        if (heard.event === name) return heard.data;
      }
    },
    [Symbol.dispose]: () => socket[Symbol.dispose](),
  };
}
