import type { Provider } from "../../infra/providers/provider.ts";
import { sweepExpired } from "../../infra/sweep.ts";
import { failureOf } from "../dsl/failure.ts";
import type { Engine } from "../engine/engine.ts";

/** Who knows which runs live, and where their machines are. */
interface Swept {
  readonly engine: Pick<Engine, "runs">;
  readonly provider: Pick<Provider, "name" | "list" | "release" | "places">;
}

/** How often a process that stands by sweeps, in milliseconds. */
const sweepMs = 60_000;

/** Gives back what has expired and belongs to no live run, and says so. A place that cannot be swept stops nobody. */
export async function sweep({ engine, provider }: Swept): Promise<void> {
  const alive = async () => new Set((await engine.runs({ kind: "alive" })).map((one) => one.run));
  const say = (text: string) => process.stderr.write(`edgecert: ${text}\n`);
  // Because a cloud that does not answer must not keep another from being swept, each is swept by itself.
  const sweeps = (provider.places ?? [provider]).map(async (place) => {
    try {
      const { released, failed } = await sweepExpired(place, alive, AbortSignal.timeout(120_000));
      for (const one of released) say(`gave back ${one.id} of ${one.run}, which had expired at ${one.expiresAt}`);
      for (const { resource, why } of failed) say(`${resource.id} has expired, but cannot be given back: ${why}`);
    } catch (error) {
      const { title, detail, next } = failureOf(error);
      say(`what has expired at ${place.name} could not be listed: ${title}: ${detail} ${next}`);
    }
  });
  await Promise.all(sweeps);
}

/** Sweeps now and every minute until it is disposed. */
export function sweepRegularly(work: Swept): AsyncDisposable {
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
