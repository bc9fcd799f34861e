import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { imageSupplies, storedImages } from "../../../infra/images/store.ts";
import { type Step, scriptedBuilder } from "./scripted-builder.ts";

const request = { os: "debian-12", packages: ["python3"] };
vi.setConfig({ testTimeout: 60_000 });

let builder: ReturnType<typeof scriptedBuilder>;
beforeEach(() => {
  builder = scriptedBuilder();
});
afterEach(() => builder.remove());

const partial = () => readdirSync(join(builder.home, "images", "partial"));
const bases = () => {
  const folder = join(builder.home, "images", "bases");
  return existsSync(folder) ? readdirSync(folder) : [];
};

test.each<Step>(["bootstrap", "layer"])(
  "two processes that need one image build it once: the second says who builds it, from the %s on",
  async (step) => {
    builder.hold(step);
    const first = builder.ask(request);
    const held = await builder.held(step);
    const second = builder.ask(request);
    await second.said("waiting for debian-12 + python3");
    expect(second.notes.at(-1)).toContain(`process ${first.pid}, since `);
    builder.unhold(step);
    await held.close();
    const [one, other] = await Promise.all([first.end, second.end]);
    expect(one.image?.build).toMatch(/^[0-9a-f]{16}$/);
    expect(other.image).toEqual(one.image);
    expect(builder.steps()).toEqual(["bootstrap", "layer"]);
  },
);

test.each<Step>(["bootstrap", "layer"])(
  "a build that is killed in its %s leaves nothing that looks finished, and the next one cleans up",
  async (step) => {
    builder.hold(step);
    const first = builder.ask(request);
    const held = await builder.held(step);
    const second = builder.ask(request);
    await second.said("waiting for");
    expect(await storedImages(builder.home)).toEqual([]);
    expect(bases()).toHaveLength(step === "bootstrap" ? 0 : 1);
    builder.unhold(step);
    await first.kill();
    const { image } = await second.end;
    await held.close();
    expect(image?.kernelVersion).toBe("6.1.0-1-amd64");
    expect(builder.steps()).toEqual(step === "bootstrap" ? [step, step, "layer"] : ["bootstrap", step, step]);
    expect(await storedImages(builder.home)).toMatchObject([{ build: image?.build, state: "ready" }]);
    expect(partial()).toEqual([]);
  },
);

test("what a killed build left is listed until somebody builds again", async () => {
  builder.hold("layer");
  const first = builder.ask(request);
  const held = await builder.held("layer");
  await first.kill();
  builder.unhold("layer");
  await held.close();
  const kinds = async () => new Set((await imageSupplies(builder.home)).map((one) => one.kind));
  expect(await kinds()).toContain("leftover");
  await builder.ask({ ...request, packages: [] }).end;
  expect(await kinds()).not.toContain("leftover");
});

test.each<[Step, string, string]>([
  ["bootstrap", "E: Unable to fetch some archives", "image-build-failed"],
  ["layer", "mkfs.ext4: No space left on device while writing", "disk-full"],
  ["layer", "E: Unable to locate package python33", "no-such-package"],
  ["bootstrap", "E: run_essential_hook: hook script failed", "image-build-failed"],
])("a %s that fails with %j is %s, leaves its log alone, and works when tried again", async (step, words, reason) => {
  builder.fail(step, words);
  const { failure } = await builder.ask(request).end;
  expect(failure).toMatchObject({ reason, detail: expect.stringContaining(words) });
  expect(await storedImages(builder.home)).toEqual([]);
  expect(partial()).toEqual([]);
  expect(readdirSync(join(builder.home, "images", "logs"))).toHaveLength(step === "bootstrap" ? 1 : 2);
  builder.fail(step, null);
  expect((await builder.ask(request).end).image).toMatchObject({ os: "debian-12", boot: { kind: "kernel" } });
});
