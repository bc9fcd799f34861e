import { once } from "node:events";
import { open } from "node:fs/promises";
import net from "node:net";
import { createInterface } from "node:readline";

/** A conversation in lines over a socket of QEMU. */
export interface LineSocket extends Disposable {
  send(line: string): void;
  /** The next line for which `wanted` holds; those before it are passed over. Throws when the other end goes. */
  next(wanted: (line: string) => boolean, signal: AbortSignal): Promise<string>;
}

/** Connects to a Unix socket by its name in a folder, however long the folder's path is. */
export async function openLineSocket(folder: string, name: string, signal: AbortSignal): Promise<LineSocket> {
  // Because the path of a socket may have at most 107 bytes, which a home folder may exceed.
  const handle = await open(folder);
  try {
    const socket = net.connect(`/proc/self/fd/${handle.fd}/${name}`);
    await once(socket, "connect", { signal });
    return conversation(socket, name);
  } finally {
    await handle.close();
  }
}

function conversation(socket: net.Socket, name: string): LineSocket {
  const lines: string[] = [];
  let open = true;
  let wake = () => {};
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    open = false;
    wake();
  });
  createInterface({ input: socket }).on("line", (line) => {
    lines.push(line);
    wake();
  });
  return {
    send: (line) => void socket.write(`${line}\n`),
    async next(wanted, signal) {
      for (;;) {
        signal.throwIfAborted();
        const line = lines.shift();
        if (line !== undefined && wanted(line)) return line;
        if (line !== undefined) continue;
        if (!open) throw new Error(`QEMU closed ${name}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
      }
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}
