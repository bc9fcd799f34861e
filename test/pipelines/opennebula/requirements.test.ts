import { describe, expect, it } from "vitest";
import { catalogueProblems, scenarioIds } from "../../../pipelines/dsl/requirement-mistakes.ts";
import requirements from "../../../pipelines/opennebula/requirements.json" with { type: "json" };
import { scenarioMarks } from "../../../reports/requirements/marks.ts";

/** Every row of the catalogue of the original system: component, requirement, status and number of scenarios. */
const rows = [
  ["CPNT1", "SR1.2", "in progress", ["VS1.2.1"]],
  ["CPNT2", "SR2.1", "done", ["VS2.1.1", "VS2.1.2", "VS2.1.3", "VS2.1.4"]],
  ["CPNT2", "SR2.3", "done", ["VS2.3.1", "VS2.3.2", "VS2.3.3"]],
  ["CPNT2", "SR2.5", "done", ["VS2.5.1", "VS2.5.2"]],
  ["CPNT2", "SR2.6", "done", ["VS2.6.1", "VS2.6.2", "VS2.6.3"]],
  ["CPNT2", "SR2.8", "in progress", ["VS2.7.3"]],
  ["CPNT2", "SR2.9", "in progress", ["VS2.9-ui"]],
  ["CPNT3", "SR3.4", "in progress", ["VS3.4.3"]],
  ["CPNT4", "SR4.1", "in progress", ["VS4.1.1", "VS4.1.2"]],
  ["CPNT4", "SR4.2", "in progress", ["VS4.2.3"]],
  ["CPNT4", "SR4.3", "in progress", ["VS4.3.1"]],
  ["CPNT5", "SR5.2", "in progress", ["VS5.2.1"]],
  ["CPNT5", "SR5.3", "in progress", ["VS5.3.1"]],
  ["CPNT5", "SR5.4", "done", ["VS5.4.1"]],
] as const;

describe("the requirements of the original system", () => {
  it("are whole", () => {
    const found = requirements.components.flatMap(({ id: component, requirements: own }) =>
      own.map(({ id, status, scenarios }) => [component, id, status, scenarios.map((one) => one.id)]),
    );
    expect(found).toEqual(rows);
    expect(scenarioIds(requirements).size).toBe(23);
  });

  it("are a catalogue without mistakes", () => {
    expect(catalogueProblems(requirements, [])).toEqual([]);
  });

  it.each(["[VS 4.1.2]", "test_VS_4_1_2_sweep", "sweeps (VS4.1.2)"])("are found in the name %s", (name) => {
    expect(scenarioMarks(requirements).of({ class: "", name }).scenarios).toEqual(["VS4.1.2"]);
  });
});
