import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  annotated,
  annotationCollector,
  annotationLimits,
  annotationsIn,
  betterOf,
} from "../../../reports/formats/annotations.ts";

const nothing = { properties: [], attachments: [], measures: [], remarks: [] };

describe("annotationsIn", () => {
  it("finds every kind of marker, several in a line and amid other text", () => {
    const output = `noise [[PROPERTY|requirement=SR-12]] and [[PROPERTY|requirement=SR-13]]
[[ATTACHMENT|shots/first one.png]]
INFO [[MEASURE|throughput=12500.5 req/s|higher]][[MEASURE|start=1.5e2 ms|lower]]\n`;
    expect(annotationsIn(output)).toEqual({
      properties: [
        { name: "requirement", value: "SR-12" },
        { name: "requirement", value: "SR-13" },
      ],
      attachments: [{ name: "first one.png", path: "shots/first one.png" }],
      measures: [
        { name: "throughput", value: 12_500.5, unit: "req/s", better: "higher" },
        { name: "start", value: 150, unit: "ms", better: "lower" },
      ],
      remarks: [],
    });
  });

  it.each([
    ["a value with brackets", "[[PROPERTY|k=a[0]]]", "a[0]"],
    ["a value with an equals sign", "[[PROPERTY|k=a=b]]", "a=b"],
    ["an empty value", "[[PROPERTY|k=]]", ""],
    ["a marker after one that never ends", "[[PROPERTY|j=1\n[[PROPERTY|k=2]]", "2"],
  ])("reads %s", (_title, output, value) => {
    expect(annotationsIn(output)).toEqual({ ...nothing, properties: [{ name: "k", value }] });
  });

  it.each([
    ["decimal comma", "12,5 ms"],
    ["grouping", "1,000 req/s"],
    ["unit without a space", "80.8us"],
    ["hexadecimal", "0x10"],
    ["infinity", "Infinity"],
    ["more than a number holds", "1e999"],
    ["nothing", ""],
  ])("takes no measure with %s, and says so", (_title, said) => {
    const found = annotationsIn(`[[MEASURE|speed=${said}]]`);
    expect(found).toEqual({ ...nothing, remarks: [`The measure speed is no number: "${said}".`] });
  });

  it("keeps a measure whose direction it does not know, and says so", () => {
    const { measures, remarks } = annotationsIn("[[MEASURE|speed=1 x/s|up]]");
    expect(measures).toEqual([{ name: "speed", value: 1, unit: "x/s", better: "neither" }]);
    expect(remarks).toEqual(['The measure speed is better "up": higher, lower or neither?']);
  });

  it.each([
    ["ns/op", "lower"],
    ["B/op", "lower"],
    ["req/s", "higher"],
    ["MB/s", "higher"],
    ["ms", "neither"],
    ["", "neither"],
  ])("lets the unit %s decide: %s", (unit, better) => {
    expect(betterOf(unit)).toBe(better);
    expect(annotationsIn(`[[MEASURE|m=1 ${unit}]]`).measures[0]).toMatchObject({ value: 1, unit, better });
  });

  it("remarks on markers without a name or a file", () => {
    expect(annotationsIn("[[PROPERTY|word]] [[ATTACHMENT| ]]").remarks).toEqual([
      '"[[PROPERTY|word]]" has no name before an equals sign.',
      "An attachment names no file.",
    ]);
  });

  it("keeps no more than so many of each kind, and says so", () => {
    const found = annotationsIn("[[PROPERTY|k=v]]\n".repeat(5_000));
    expect(found.properties).toHaveLength(annotationLimits.count);
    expect(found.remarks).toEqual(["It has more than 200 properties: the first 200 are kept."]);
  });

  it("takes a long line of beginnings without an end in linear time", () => {
    const began = performance.now();
    expect(annotationsIn("[[PROPERTY|k=v".repeat(200_000))).toEqual(nothing);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe("annotationCollector", () => {
  it("takes measures and attachments from properties too", () => {
    const collector = annotationCollector();
    collector.property("measure.start", "120 ms|lower");
    collector.property("attachment2", "logs/agent.log");
    collector.property("scenario", "VS-3");
    expect(collector.found()).toEqual({
      properties: [{ name: "scenario", value: "VS-3" }],
      attachments: [{ name: "agent.log", path: "logs/agent.log" }],
      measures: [{ name: "start", value: 120, unit: "ms", better: "lower" }],
      remarks: [],
    });
  });

  it("finds in pieces what it finds in the whole, wherever it is cut", () => {
    const output =
      "a [[PROPERTY|k=v[1]]] [[MEASURE|m=1 ms]] [[x]] [[ATTACHMENT|a/b]]\n[[PROPERTY|k=\n]] [[PROPERTY|z=1]] [";
    const whole = annotationsIn(output);
    expect(whole.properties).toHaveLength(2);
    for (let at = 0; at <= output.length; at += 1) {
      const collector = annotationCollector();
      collector.output(output.slice(0, at));
      collector.output(output.slice(at));
      expect(collector.found(), `cut at ${at}`).toEqual(whole);
    }
  });

  it("never throws, whatever the output", () => {
    const part = fc.oneof(
      fc.constantFrom("[[", "]]", "PROPERTY|", "MEASURE|", "ATTACHMENT|", "=", "\n", "|", "1 ms"),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
        const collector = annotationCollector();
        for (const one of parts) collector.output(one);
        return Array.isArray(collector.found().remarks);
      }),
    );
  });
});

it("leaves empty lists out of a test", () => {
  expect(annotated(annotationsIn("nothing"))).toEqual({});
  expect(annotated(annotationsIn("[[PROPERTY|k=v]]"))).toEqual({ properties: [{ name: "k", value: "v" }] });
});
