import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Event } from "../dsl/event.ts";
import type { Engine } from "../engine/engine.ts";
import { runFolder } from "./home.ts";

/** Where a release record comes from. */
export interface ReleaseSources {
  readonly engine: Pick<Engine, "record" | "events">;
  readonly home: string;
}

/**
 * Writes `release.json` beside the certificate: every decision that the run's record holds, in order, each bound to the
 * digest of the certificate. Nothing is written where nothing was decided.
 */
export async function writeRelease({ engine, home }: ReleaseSources, run: string): Promise<void> {
  const digest = (await engine.record(run))?.sealed?.digest ?? null;
  const decisions: unknown[] = [];
  for await (const event of engine.events(run)) decisions.push(...decisionOf(event, digest));
  if (decisions.length === 0) return;
  const file = join(runFolder(home, run), "release.json");
  await writeFile(`${file}.part`, `${JSON.stringify({ v: 1, run, decisions }, null, 2)}\n`);
  await rename(`${file}.part`, file);
}

function decisionOf(event: Event, digest: string | null): readonly unknown[] {
  if (event.type !== "approval.decided") return [];
  return [{ node: event.node, ...event.data, digest, at: event.at }];
}
