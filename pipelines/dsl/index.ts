export { canonicalJson, jsonDigest } from "./canonical-json.ts";
export type { Block } from "./cell.ts";
export { type ConcurrencyMode, type ConcurrencySpec, laneOf, refsOf } from "./concurrency.ts";
export type { Owner, StageContext } from "./context.ts";
export { type DefinitionSpec, define, type OnceSpec, type Words } from "./define.ts";
export type { SourceSpec, WaiverSpec } from "./definition.ts";
export { type Duration, parseDuration, printDuration } from "./duration.ts";
export type {
  Event,
  EventBody,
  EventStamp,
  FileReference,
  Leftover,
  Outcome,
  ServerFacts,
  SourceData,
} from "./event.ts";
export { type Failure, type FailureClass, FailureError, failureOf } from "./failure.ts";
export { folderName } from "./identifier.ts";
export type { Json } from "./json.ts";
export type { Keep } from "./keep.ts";
export { cells, type HoleOf, type Matrix } from "./matrix.ts";
export type { DeclaredMeasure, MeasureLimit } from "./measure-limit.ts";
export type { NotJson } from "./output.ts";
export type { Approval, Pipeline, PlanOptions, Settled, StageBody, StageInput } from "./pipeline.ts";
export { plan, planDigest } from "./plan.ts";
export type {
  Plan,
  PlanAxis,
  PlanCell,
  PlanConcurrency,
  PlanHole,
  PlanNeed,
  PlanNode,
  PlanPartial,
  PlanPolicies,
  PlanSource,
  Sourced,
} from "./plan-document.ts";
export { PlanError, type Problem } from "./plan-error.ts";
export { defaultPolicies } from "./policies.ts";
export { type PlanFormat, printPlan } from "./print-plan.ts";
export type { ResultFormat, ServerRequest, SuiteExpectation } from "./request.ts";
export type { Catalogue, CatalogueComponent, CatalogueRequirement, CatalogueScenario } from "./requirement.ts";
export { Secret, type SecretSource } from "./secret.ts";
export {
  type ApprovalSpec,
  type Every,
  every,
  type Input,
  type Needs,
  type PolicySpec,
  type RetryBudget,
  type Stage,
  type StageSpec,
} from "./stage.ts";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./standard-schema.ts";
export { closest, didYouMean } from "./suggestion.ts";
export type { Waiver, WaiverScope } from "./waiver.ts";
export { readWaivers, type WaiverPlace } from "./waiver-mistakes.ts";
