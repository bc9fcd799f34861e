import { expect, test } from "vitest";
import { type Call, World } from "./world.ts";

const create: Call = { on: "create", type: "aws:ec2/instance:Instance", name: "edge-1" };
const remove: Call = { ...create, on: "delete" };
const work = async () => "made";

/** How each of so many calls ended: what it made, or the name of its error and its code. */
async function ends(world: World, ...calls: readonly Call[]): Promise<string[]> {
  const said = [];
  for (const call of calls)
    said.push(await world.meet(call, work).catch((error) => [error.name, error.code].filter(Boolean).join(" ")));
  return said;
}

test("a rule holds for its calls only: after so many, for so many, of its type, name and operation", async () => {
  const rule = { type: "Instance", name: "edge-1", does: "refuse", code: "Throttling", after: 1, times: 2 };
  const world = new World({ rules: [rule] });
  expect(await ends(world, create, { ...create, name: "edge-2" }, create, remove, create, create)).toEqual([
    "made",
    "made",
    "ProviderRefusal Throttling",
    "made",
    "ProviderRefusal Throttling",
    "made",
  ]);
});

test("a refusal does nothing, a lost reply and a half creation do all of it", async () => {
  const done: string[] = [];
  for (const does of ["refuse", "lose-reply", "half"]) {
    const world = new World({ rules: [{ type: "Instance", does }] });
    await expect(world.meet(create, async () => done.push(does))).rejects.toThrow();
  }
  expect(done).toEqual(["lose-reply", "half"]);
});

test("a limit counts what exists: what was deleted or never came to be makes room", async () => {
  const world = new World({ limits: [{ type: "Instance", most: 1, code: "VcpuLimitExceeded" }] });
  await expect(world.meet(create, () => Promise.reject(new Error("no image")))).rejects.toThrow("no image");
  expect(await ends(world, create, create, remove, create)).toEqual([
    "made",
    "ProviderRefusal VcpuLimitExceeded",
    "made",
    "made",
  ]);
});

test("a call is held until the script changes, and whoever waits for it is told", async () => {
  const world = new World({ rules: [{ type: "Instance", on: "delete", does: "hold" }] });
  const held = world.meet(remove, work);
  await world.arrived({ on: "delete", name: "edge-1" });
  expect(await Promise.race([held, Promise.resolve("held")])).toBe("held");
  world.change({});
  expect(await held).toBe("made");
});

test("every mistake of a script is named at once, and the old one goes on", async () => {
  const world = new World({ rules: [{ type: "Instance", does: "refuse", times: "always" }] });
  const wrong = { rules: [{ type: "Instance", does: "explode" }], limit: [], delays: { Instance: -1 } };
  for (const mistake of ["rules[0].does", "delays.Instance", '"limit"'])
    expect(() => world.change(wrong)).toThrow(mistake);
  expect(await ends(world, create)).toEqual(["ProviderRefusal InternalError"]);
});
