import {
  cells,
  define,
  type Matrix,
  type Pipeline,
  PlanError,
  type PlanOptions,
  type Problem,
  type ServerRequest,
} from "../../../pipelines/dsl/index.ts";

/** Three of four combinations. */
export const grid = cells(
  { os: ["debian-12", "debian-13"], environment: "kvm-ssh" },
  { os: "debian-12", environment: "lxd" },
);
/** A body that does nothing. */
export const run = async (): Promise<void> => {};

/** What a definition written in plain JavaScript may pass: the compiler refuses it, the plan must as well. */
export function unchecked<Value>(value: unknown): Value {
  return value as Value;
}

/** What the plan of a wrong definition says. */
export async function mistakes(
  pipeline: Pipeline,
  params: unknown = {},
  options?: PlanOptions,
): Promise<readonly Problem[]> {
  const error = await pipeline.plan(params, options).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof PlanError)) throw new Error(`expected a PlanError, got ${String(error)}`);
  return error.problems;
}

/** A pipeline of one stage, written as given. */
export function single(spec: object, name = "only", matrix: Matrix<unknown> = grid): Pipeline {
  const words = define("mistaken", { matrix });
  return words.pipeline([words.stage(name, { run, ...spec })]);
}

/** A pipeline of one stage over a matrix. */
export function withMatrix(matrix: Matrix<unknown>): Pipeline {
  return single({}, "only", matrix);
}

/** The part of a stage that asks for one server. */
export function server(change: Partial<ServerRequest>): object {
  const request = {
    name: "a",
    role: "build",
    os: "debian-12",
    cores: 1,
    memoryMiB: 512,
    packages: [],
    nestedKvm: false,
  };
  return { servers: () => [{ ...request, ...change }], undo: run };
}
