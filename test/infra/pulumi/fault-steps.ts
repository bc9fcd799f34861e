import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { OperationEnd } from "../../../infra/pulumi/operation.ts";
import type { StackPlace } from "../../../infra/pulumi/stack-place.ts";
import { type FaultBed, killOperation } from "./fault-bed.ts";
import type { FaultCase } from "./fault-cases.ts";
import type { SeenFault } from "./fault-table.ts";

/** What the engine asks of a provider by each operation. */
export const on = { up: "create", refresh: "read", destroy: "delete" } as const;

/** One operation on a stack. */
export async function perform(
  bed: FaultBed,
  place: StackPlace,
  operation: FaultCase["operation"],
): Promise<OperationEnd> {
  return operation === "up" ? bed.up(place) : bed.operate(place, { name: operation });
}

/** A stack that is up. */
export async function upStack(bed: FaultBed, run: string): Promise<StackPlace> {
  const place = await bed.place(run);
  expect(await bed.up(place)).toMatchObject({ outcome: "done" });
  return place;
}

/** Gives the stack back and gives the row; nothing may be left, nor a trace of the stack. */
export async function mustBeGivenBack(
  bed: FaultBed,
  place: StackPlace,
  row: Pick<SeenFault, "fault" | "operation" | "outcome">,
): Promise<SeenFault> {
  const began = Date.now();
  await bed.giveBack(place);
  const seconds = (Date.now() - began) / 1000;
  const left = await bed.listed(place);
  expect(left).toEqual([]);
  expect(existsSync(place.folder)).toBe(false);
  expect(stateOf(place)).toEqual([]);
  return { ...row, seconds, left: `${left.length}` };
}

/** Names of the files of a stack's state and locks. */
function stateOf({ backend, stack }: StackPlace): string[] {
  if (!backend.startsWith("file://")) return [];
  const root = join(backend.slice("file://".length), ".pulumi");
  const locks = join(root, "locks", "organization", "edgecert", stack);
  const stacks = join(root, "stacks", "edgecert");
  return [
    ...(existsSync(stacks) ? readdirSync(stacks).filter((name) => name === `${stack}.json`) : []),
    ...(existsSync(locks) ? readdirSync(locks) : []),
  ];
}

/** Kills who works on a stack while the cloud holds a call; the cloud then does what it was asked. How it ended. */
export async function killed(
  bed: FaultBed,
  place: StackPlace,
  { operation, who }: { readonly operation: FaultCase["operation"]; readonly who: "child" | "pulumi" | "both" },
): Promise<string> {
  const call = { type: "Instance", on: on[operation] };
  const name = `${place.stack}-1`;
  const earlier = bed.clouds.world.calls.filter((one) => one.on === call.on && one.name === name).length;
  bed.clouds.world.change({ rules: [{ ...call, does: "hold" }] });
  const end = perform(bed, place, operation);
  await bed.clouds.world.arrived({ ...call, name }, earlier + 1);
  await killOperation(place, who);
  bed.clouds.world.change({});
  const { outcome } = await end;
  expect(outcome).toBe(who === "pulumi" ? "failed" : "crashed");
  return outcome;
}
