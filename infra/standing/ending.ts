import { InfraError } from "../failure.ts";
import { notStanding } from "./failures.ts";
import { close } from "./joining.ts";
import type { StandingOptions, TendedClusters } from "./options.ts";
import { putRecord, readRecords, standingRun, withRecords } from "./record.ts";
import { endAll } from "./tending.ts";

/** Closes clusters, then ends those that may go: see `Tended`. Those under users go once these have left, by `tend`. */
export async function takeDown(
  options: StandingOptions,
  { ids, which }: { readonly ids: readonly string[]; readonly which: "without-users" | "even-used" },
  signal: AbortSignal,
): Promise<TendedClusters> {
  for (const id of ids) await close(options, id, signal);
  return endAll(options, ids, signal, which === "even-used");
}

/** Lets a cluster stand until then at least. The machines are renewed first, so that they never go before their record. */
export async function keepStanding(
  { folder, provider }: StandingOptions,
  { id, until }: { readonly id: string; readonly until: string },
  signal: AbortSignal,
): Promise<void> {
  const found = (await readRecords(folder)).find((one) => one.id === id);
  if (found?.state !== "ready") throw new InfraError(notStanding(id, found?.state ?? "gone"));
  if (Date.parse(until) > Date.parse(found.expiresAt))
    await provider.keep({ run: standingRun, node: id }, until, signal);
  await withRecords(folder, signal, async () => {
    const now = (await readRecords(folder)).find((one) => one.id === id);
    if (now?.state !== "ready") throw new InfraError(notStanding(id, now?.state ?? "gone"));
    const [closesAt, expiresAt] = [later(now.closesAt, until), later(now.expiresAt, until)];
    await putRecord(folder, { ...now, closesAt, expiresAt, keptUntil: until });
  });
}

function later(left: string, right: string): string {
  return Date.parse(left) >= Date.parse(right) ? left : right;
}
