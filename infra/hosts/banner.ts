import net from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** Where SSH is expected, and what ends the waiting. */
export interface BannerWait {
  readonly host: string;
  readonly port: number;
  readonly signal: AbortSignal;
  /** Asked before each try: a reason to stop waiting ends it with that error. */
  check(): void;
}

/**
 * Resolves when an SSH server introduces itself. Connecting is not enough: a forwarded port accepts before the guest
 * does. Ends with the signal's reason when aborted.
 */
export async function waitForBanner(wait: BannerWait): Promise<void> {
  for (;;) {
    wait.signal.throwIfAborted();
    wait.check();
    if (await introducesItself(wait)) return;
    await delay(200, undefined, { signal: wait.signal }).catch(() => wait.signal.throwIfAborted());
  }
}

function introducesItself({ host, port, signal }: BannerWait): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port });
    const end = (answered: boolean) => {
      signal.removeEventListener("abort", stop);
      socket.destroy();
      resolve(answered);
    };
    const stop = () => end(false);
    signal.addEventListener("abort", stop, { once: true });
    // Because a guest whose network is not up yet swallows the connection without an answer.
    socket.setTimeout(5_000, stop);
    socket.once("data", (data) => end(data.toString("latin1").startsWith("SSH-2.0-")));
    socket.once("error", stop);
    socket.once("close", stop);
  });
}
