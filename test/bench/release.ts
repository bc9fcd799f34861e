import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { TaggedPlace } from "../../infra/providers/tagged-place.ts";
import { stackEnvironment } from "../../infra/pulumi/stack-place.ts";
import { type FaultBed, faultBed, killOperation } from "../infra/pulumi/fault-bed.ts";

const rounds = 3;
const hosts = 4;
const aim = 1.5;

/**
 * From a `kill -9` of all that works on a stack, in the middle of its creates, to a provider that lists nothing of it,
 * beside a plain `pulumi destroy` of the same stack that nobody had disturbed.
 */
export async function benchRelease(): Promise<void> {
  await using bed = await faultBed();
  const plain: number[] = [];
  const empty: number[] = [];
  const forgotten: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    plain.push(await plainDestroy(bed, round));
    const ours = await killedAndGivenBack(bed, round);
    empty.push(ours.empty);
    forgotten.push(ours.forgotten);
  }
  const base = median(plain);
  const line = (what: string, ms: number, verdict: string) =>
    console.log(`release: ${what}: ${(ms / 1000).toFixed(2)} s, ${(ms / base).toFixed(2)}x${verdict}`);
  line(`pulumi destroy of ${hosts} hosts, undisturbed`, base, "");
  const ratio = median(empty) / base;
  line("kill -9 to an empty provider", median(empty), ` (aim ${aim}x: ${ratio <= aim ? "met" : "missed"})`);
  line("kill -9 to a stack that is forgotten", median(forgotten), " (refresh, destroy and removal of the stack)");
}

async function plainDestroy(bed: FaultBed, round: number): Promise<number> {
  const place = await bed.place(`plain ${round}`);
  await bed.up(place, hosts);
  const began = performance.now();
  const words = ["destroy", "--yes", "--skip-preview", "--stack", place.stack];
  await promisify(execFile)("pulumi", words, { cwd: place.folder, env: stackEnvironment(place) });
  const ms = performance.now() - began;
  if ((await bed.listed(place)).length > 0) throw new Error("a plain destroy left something");
  await bed.giveBack(place);
  return ms;
}

async function killedAndGivenBack(bed: FaultBed, round: number) {
  const place = await bed.place(`killed ${round}`);
  const name = `${place.stack}-${hosts}`;
  bed.clouds.world.change({ rules: [{ type: "Instance", name, does: "hold" }] });
  const up = bed.up(place, hosts);
  await bed.clouds.world.arrived({ type: "Instance", name });
  const began = performance.now();
  await killOperation(place, "both");
  // The cloud goes on with what it was asked.
  bed.clouds.world.change({});
  await up;
  let empty = 0;
  const watched: TaggedPlace = {
    ...bed.tagged,
    async list(filter) {
      const found = await bed.tagged.list(filter);
      if (found.length === 0 && empty === 0) empty = performance.now() - began;
      return found;
    },
    async release(resources, io) {
      const left = await bed.tagged.release(resources, io);
      const { run, node } = place;
      await watched.list({ run, node });
      return left;
    },
  };
  await bed.giveBack(place, { tagged: watched });
  return { empty, forgotten: performance.now() - began };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
