import { expect, it } from "vitest";
import { selectorOf } from "../../../pipelines/stages/selector.ts";

it.each([
  ["unittest", "test_a.ATest", "test_b", "test_a.ATest.test_b"],
  ["rspec-lines", "reports of a node", "state it (all)", "^reports of a node state it \\(all\\)$"],
  ["rspec-json", "", "alone", "^alone$"],
  ["go-test-json", "edgeprobe/exporter", "TestNames/a\\b.c", "^TestNames$/^a\\\\b\\.c$"],
  ["junit-xml", "org.Test", "holds(String)[2]", "org.Test#holds"],
  ["tap", "", "1 + 1", "1 + 1"],
] as const)("selects a test of %s", (format, group, name, expected) => {
  expect(selectorOf(format, { class: group, name })).toBe(expected);
});
