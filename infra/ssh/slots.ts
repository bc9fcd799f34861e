/** A counted right: at most so many holders at once, served in the order they asked. */
export interface Slots {
  /** Waits for a slot and returns what gives it back (once; later calls do nothing). Rejects with the signal's reason. */
  acquire(signal: AbortSignal): Promise<() => void>;
  /** Holders and waiters together. */
  readonly size: number;
}

/** Makes `count` slots. */
export function slots(count: number): Slots {
  let held = 0;
  const waiting: (() => void)[] = [];

  const grant = (): (() => void) => {
    let given = true;
    return () => {
      if (!given) return;
      given = false;
      const next = waiting.shift();
      if (next === undefined) held -= 1;
      else next();
    };
  };

  return {
    get size() {
      return held + waiting.length;
    },
    acquire(signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      if (held < count) {
        held += 1;
        return Promise.resolve(grant());
      }
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          waiting.splice(waiting.indexOf(served), 1);
          reject(signal.reason);
        };
        const served = (): void => {
          signal.removeEventListener("abort", leave);
          resolve(grant());
        };
        waiting.push(served);
        signal.addEventListener("abort", leave, { once: true });
      });
    },
  };
}
