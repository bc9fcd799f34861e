import type { EngineEvent, OpType, StepEventMetadata } from "@pulumi/pulumi/automation/index.js";
import { expect, test } from "vitest";
import { stepCounter } from "../../../infra/pulumi/step-counter.ts";

/** What the engine tells of one resource. */
function metadata(op: OpType, type: string, custom = true): StepEventMetadata {
  const urn = `urn:pulumi:s::edgecert::${type}::edge`;
  const state = { type, urn, custom, delete: false, id: "", parent: "", protect: false, inputs: {}, outputs: {} };
  return { op, urn, type, provider: "", new: { ...state, provider: "" } };
}

const started = (op: OpType, type: string, custom = true): EngineEvent => ({
  sequence: 0,
  timestamp: 0,
  resourcePreEvent: { metadata: metadata(op, type, custom) },
});
const done = (op: OpType, type: string): EngineEvent => ({
  sequence: 0,
  timestamp: 0,
  resOutputsEvent: { metadata: metadata(op, type) },
});
const failed = (op: OpType, type: string): EngineEvent => ({
  sequence: 0,
  timestamp: 0,
  resOpFailedEvent: { metadata: metadata(op, type), status: 0, steps: 0 },
});

test("what exists at a provider is counted from its start to its end, and nothing else", () => {
  const count = stepCounter();
  expect(count(started("create", "aws:ec2/vpc:Vpc"))).toMatchObject({ state: "started", done: 0, known: 1 });
  expect(count(started("create", "aws:ec2/instance:Instance"))).toMatchObject({ state: "started", done: 0, known: 2 });
  expect(count(started("create", "pulumi:providers:aws"))).toBeUndefined();
  expect(count(started("create", "edgecert:infra:AwsCluster", false))).toBeUndefined();
  expect(count(started("same", "aws:ec2/subnet:Subnet"))).toBeUndefined();
  expect(count(done("create", "aws:ec2/vpc:Vpc"))).toEqual({
    ...{ type: "aws:ec2/vpc:Vpc", name: "edge", operation: "create", state: "done", done: 1, known: 2 },
  });
  expect(count(failed("create", "aws:ec2/instance:Instance"))).toMatchObject({ state: "failed", done: 2, known: 2 });
});

test("what ends without having been told to begin is known from then on", () => {
  expect(stepCounter()(done("refresh", "aws:ec2/vpc:Vpc"))).toMatchObject({ operation: "read", done: 1, known: 1 });
});
