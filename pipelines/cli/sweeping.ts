import { sweepExpired } from "../../infra/sweep.ts";
import type { Wiring } from "./wiring.ts";

/** How often a process that stands by sweeps, in milliseconds. */
const sweepMs = 60_000;

/** Gives back what has expired and belongs to no live run, and says so. A place that cannot be swept stops nobody. */
export async function sweep({ engine, provider }: Pick<Wiring, "engine" | "provider">): Promise<void> {
  const alive = async () => new Set((await engine.runs({ kind: "alive" })).map((one) => one.run));
  const say = (text: string) => process.stderr.write(`edgecert: ${text}\n`);
  try {
    const { released, failed } = await sweepExpired(provider, alive, AbortSignal.timeout(120_000));
    for (const one of released) say(`gave back ${one.id} of ${one.run}, which had expired at ${one.expiresAt}`);
    for (const { resource, why } of failed) say(`${resource.id} has expired, but cannot be given back: ${why}`);
  } catch (error) {
    say(`what has expired could not be listed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Sweeps now and every minute until it is disposed. */
export function sweepRegularly(work: Pick<Wiring, "engine" | "provider">): AsyncDisposable {
  let sweeping = sweep(work);
  // Because a sweep that takes long must not meet the next one.
  const timer = setInterval(() => {
    sweeping = sweeping.then(() => sweep(work));
  }, sweepMs);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await sweeping;
    },
  };
}
