import { describe, expect, it } from "vitest";
import { type Catalogue, cells, define, PlanError, plan, printPlan } from "../../../pipelines/dsl/index.ts";
import { plainId } from "../../../pipelines/dsl/requirement.ts";
import catalogue from "../../fixtures/dsl/requirements.json" with { type: "json" };

function certified(requirements?: Catalogue) {
  const { once, pipeline } = define("certified", {
    matrix: cells({ os: "debian-12", environment: "kvm-ssh" }),
    ...(requirements === undefined ? {} : { requirements }),
  });
  return pipeline([once("source", { run: async () => {} })]);
}

describe("the requirements of a plan", () => {
  it("come from a JSON import, as they are", async () => {
    const made = await plan(certified(catalogue));
    expect(made.requirements).toEqual(catalogue);
    expect(printPlan(made)).toMatch(/^Requirements\n {2}edgeprobe {2}2 scenarios$/m);
  });

  it("are not there where the definition says nothing", async () => {
    expect(await plan(certified())).not.toHaveProperty("requirements");
  });

  const [component] = catalogue.components;
  const [requirement] = component?.requirements ?? [];
  const scenarios = (list: readonly object[], more: object = {}) => ({
    ...catalogue,
    ...more,
    components: [{ ...component, requirements: [{ ...requirement, scenarios: list }] }],
  });
  const one = { id: "EP1.1", title: "memory" };

  it.each<[string, unknown, RegExp]>([
    ["that are a list", [], /it is no object/],
    ["without a name", { components: [] }, /it has no name/],
    ["without components", { name: "x" }, /it has no list of components/],
    ["with scenarios that are texts", scenarios(["EP1.1" as never]), /R1 has scenarios without id or title/],
    [
      "with a requirement without scenarios",
      { ...catalogue, components: [{ ...component, requirements: [{ id: "R1", title: "x" }] }] },
      /R1 has no list of scenarios/,
    ],
    ["with an id of two lines", scenarios([{ ...one, id: "EP1.1\n" }]), /is no id/],
    ["with an empty title", scenarios([{ ...one, title: " " }]), /EP1\.1 has no title/],
    ["with one id for two things", scenarios([one, { id: "EP_1_1", title: "guests" }]), /EP_1_1 stands for two things/],
    [
      "with a scenario called like its requirement",
      scenarios([{ id: "R1", title: "x" }], { pattern: undefined }),
      /R1 stands for two things/,
    ],
    ["with a pattern that is none", { ...catalogue, pattern: "(" }, /its pattern is none: .*Invalid/],
    ["with a pattern that is always there", { ...catalogue, pattern: "x*" }, /matches an empty text/],
    ["with a pattern that misses an id", { ...catalogue, pattern: "VS\\d+" }, /does not find "EP1\.1"/],
    ["of an unknown axis", scenarios([{ ...one, where: { arch: "arm64" } }]), /where of EP1\.1 names the axis "arch"/],
    ["of an unknown value", scenarios([{ ...one, where: { os: ["debian-21"] } }]), /names os "debian-21"\./],
  ])("are refused %s", async (_what, given, words) => {
    // The cast is what a wrong import comes to.
    const refused = plan(certified(given as Catalogue));
    await expect(refused).rejects.toThrow(PlanError);
    await expect(refused).rejects.toThrow(words);
  });

  it("may name one scenario under two requirements", async () => {
    const twice = {
      ...catalogue,
      components: [
        {
          id: "agent",
          title: "Agent",
          requirements: [
            { id: "R1", title: "a", scenarios: [one] },
            { id: "R2", title: "b", scenarios: [one] },
          ],
        },
      ],
    };
    expect((await plan(certified(twice))).requirements).toEqual(twice);
  });
});

it.each([
  ["VS3.1.2", "VS.3.1.2"],
  ["VS 3.1.2", "VS.3.1.2"],
  ["vs_3_1_2", "VS.3.1.2"],
  ["VS31.2", "VS.31.2"],
  ["---", "---"],
])("the id %s is compared as %s", (id, plain) => {
  expect(plainId(id)).toBe(plain);
});
