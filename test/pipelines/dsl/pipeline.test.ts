import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import {
  define,
  failureOf,
  PlanError,
  plan,
  Secret,
  type StageContext,
  type StageInput,
} from "../../../pipelines/dsl/index.ts";

// Because these bodies never touch the run, a context without functions is enough.
const ctx = {} as StageContext;
const input: StageInput = { params: { ref: "main" }, cell: {}, sources: {} };

describe("a pipeline's body", () => {
  const { once, approval, pipeline } = define("bodies");
  const source = once("source", { run: async ({ params }) => ({ params: Object.keys(params) }) });
  const undone: unknown[] = [];
  const held = once("held", {
    needs: { source },
    run: async ({ source: { params } }) => params[0] ?? "none",
    undo: async (given) => void undone.push(given),
  });
  const quiet = once("quiet", { run: async () => {} });
  const wrong = once("wrong", { run: async () => JSON.parse('{"fine":1}') });
  const go = approval("go", { needs: { held } });
  const made = pipeline([go, quiet, wrong]);

  it("receives its input and gives its output", async () => {
    expect(await made.body("source").run(input, ctx)).toEqual({ params: ["ref"] });
    expect(await made.body("held").run({ ...input, source: { params: ["ref"] } }, ctx)).toBe("ref");
    expect(await made.body("quiet").run(input, ctx)).toBeUndefined();
  });

  it("gives back from the same input", async () => {
    await made.body("held").undo?.({ ...input, source: null }, ctx);
    expect(undone).toEqual([{ ...input, source: null }]);
    expect(made.body("source").undo).toBeUndefined();
  });

  it("refuses an output that is not JSON although it compiled", async () => {
    const words = define("any");
    const bad = words.once("bad", { run: async () => Object.assign(JSON.parse("{}"), { at: new Date(0) }) });
    const error: unknown = await words
      .pipeline([bad])
      .body("bad")
      .run(input, ctx)
      .catch((thrown: unknown) => thrown);
    expect(failureOf(error)).toMatchObject({
      reason: "output-not-json",
      class: "configuration",
      title: "The output of bad cannot be stored",
      detail: "the output.at is an instance of Date, which is not plain JSON",
    });
  });

  it.each(["sorce", "go", "toString", ""])("is refused for %j", (name) => {
    const failure = (() => {
      try {
        return made.body(name);
      } catch (error) {
        return failureOf(error);
      }
    })();
    expect(failure).toMatchObject({ reason: "unknown-stage", detail: expect.stringContaining(JSON.stringify(name)) });
  });

  it("names the stage that was probably meant", () => {
    expect(() => made.body("sorce")).toThrow('"sorce" is not a stage of bodies');
  });

  it("is planned by the function as by the method, without parameters too", async () => {
    expect(await plan(made)).toEqual(await made.plan({}));
    await expect(plan(made, { x: 1 })).rejects.toBeInstanceOf(PlanError);
  });
});

describe("parameters by any Standard Schema", () => {
  const level = {
    "~standard": {
      version: 1 as const,
      vendor: "by-hand",
      validate: async (value: unknown) => {
        const given = Number(typeof value === "object" && value !== null ? Reflect.get(value, "lvl") : Number.NaN);
        return given > 0 ? { value: { level: given } } : { issues: [{ message: "above 0", path: [{ key: "lvl" }] }] };
      },
    },
  };
  const words = define("by-hand", { params: level });
  const made = words.pipeline([words.once("only", { run: async ({ params }) => params.level })]);

  it("are decoded, also under another name and later", async () => {
    expect((await plan(made, { lvl: "3" })).params).toEqual({ level: 3 });
  });

  it("are refused with path and value", async () => {
    await expect(plan(made, { lvl: "-1" })).rejects.toThrow('Bad parameter lvl: "-1" was given: above 0.');
  });
});

describe("a secret", () => {
  const secret = new Secret("token", "hunter2");

  it("shows its text only when asked", () => {
    expect(secret.reveal()).toBe("hunter2");
    const printed = [String(secret), inspect(secret), inspect({ secret }, { showHidden: true }), `${secret}`].join();
    expect(printed).not.toContain("hunter2");
    expect(() => JSON.stringify({ secret })).toThrow("cannot be stored");
  });
});
