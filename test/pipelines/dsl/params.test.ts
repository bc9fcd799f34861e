import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  cells,
  define,
  every,
  failureOf,
  type Needs,
  PlanError,
  type ServerRequest,
} from "../../../pipelines/dsl/index.ts";
import { grid, mistakes, run, server, single, unchecked, withMatrix } from "./mistaken.ts";

describe("a mistake of a request is told", () => {
  const words = define("asking", {
    matrix: grid,
    params: z.object({
      ref: z.string().default("main"),
      level: z.number().int().min(1).default(1),
      when: z.any().optional(),
    }),
  });
  const pipeline = words.pipeline([words.stage("servers", { run, ...server({}) })]);

  it.each([
    [{ level: 0 }, "Bad parameter level", "0 was given", "--param level"],
    [{ level: "high" }, "Bad parameter level", '"high" was given', "--param level"],
    [{ reff: "main" }, "Unknown parameter reff", '"reff"', 'Did you mean "ref"?'],
    [{ when: new Date(0) }, "cannot be stored", "params.when is an instance of Date", "ISO"],
    ["main", "Bad parameter the parameters", '"main" was given', "--param"],
  ])("a parameter: %j", async (params, title, detail, next) => {
    const [problem, ...more] = await mistakes(pipeline, params);
    expect(more).toEqual([]);
    expect(problem?.title).toContain(title);
    expect(problem?.detail).toContain(detail);
    expect(problem?.next).toContain(next);
  });

  it("a missing parameter, and one that a definition without parameters got", async () => {
    const strict = define("strict", { params: z.object({ ref: z.string() }) });
    const asks = strict.pipeline([strict.once("only", { run })]);
    const [missing] = await mistakes(asks, undefined);
    expect(missing).toMatchObject({ title: "Bad parameter ref", detail: expect.stringContaining("It is missing") });
    const [mistyped] = await mistakes(asks, { reff: "main" });
    expect(mistyped).toMatchObject({ title: "Bad parameter ref", next: '"reff" was given: did you mean "ref"?' });
    const [surplus] = await mistakes(single({}), { ref: "main" });
    expect(surplus).toMatchObject({ title: "Unknown parameter ref", next: expect.stringContaining("leave it out") });
  });

  it("servers that nothing can give, each node by name", async () => {
    const refuse = (requests: readonly ServerRequest[], node: string): string | undefined =>
      node.includes("debian-13") ? `${requests.length} x 512 MiB` : undefined;
    expect(await mistakes(pipeline, {}, { refuse })).toEqual([
      expect.objectContaining({
        title: "Nothing can give servers@debian-13/kvm-ssh its servers",
        detail: "1 x 512 MiB",
      }),
    ]);
  });

  it("an unknown cell", async () => {
    const [problem] = await mistakes(pipeline, {}, { cells: ["debian-12/kvm-shh"] });
    expect(problem).toMatchObject({ title: "Unknown cell", next: 'Did you mean "debian-12/kvm-ssh"?' });
  });

  it("an id that no tag can hold", async () => {
    const long = (letter: string): string => letter.repeat(40);
    const axes = Object.fromEntries(["a", "b", "c", "d", "e"].map((axis) => [axis, long(axis)]));
    const [problem] = await mistakes(withMatrix(cells(axes)));
    expect(problem).toMatchObject({
      title: "A node id is too long",
      detail: expect.stringContaining("209 characters"),
    });
  });
});

describe("all mistakes are told at once", () => {
  const words = define("Many", {
    matrix: cells({ os: ["a", "a"] }),
    params: z.object({ level: z.number() }),
    secrets: { token: { env: "" } },
    policies: { timeout: unchecked("soon") },
  });
  const source = words.once("source", { timeout: unchecked("1x"), run });
  const second = words.once("source", { needs: unchecked<Needs>({ params: source }), run });
  const pipeline = words.pipeline([words.once("end", { needs: { all: every(second) }, run })]);

  it("in one error that carries a failure", async () => {
    const error: unknown = await pipeline.plan({ level: "high" }).catch((thrown: unknown) => thrown);
    if (!(error instanceof PlanError)) throw new Error(String(error));
    expect(error.problems.map((problem) => problem.title)).toEqual([
      "Bad name of a pipeline",
      "Two cells with one id",
      "Two stages with one name",
      "Bad duration: timeout of the policies of Many",
      "Bad duration: timeout of source",
      'Bad need "params" of source',
      "The secret token has no source",
      "Bad parameter level",
    ]);
    expect(failureOf(error)).toMatchObject({
      reason: "wrong-definition",
      class: "configuration",
      title: "Many cannot be planned: 8 mistakes",
    });
    expect(failureOf(error).detail.split("\n")).toHaveLength(8);
  });
});
