import type { Pool } from "pg";
import { FailureError } from "../dsl/failure.ts";
import type { Pipeline } from "../dsl/pipeline.ts";
import { engineFailure } from "./failures.ts";
import { patiently } from "./store/patience.ts";
import type { RunRecord } from "./store/run-store.ts";
import { protocol } from "./store/schema.ts";

/**
 * Throws where this version of the tool cannot go on with a run that has not finished: it was begun under another
 * protocol, or the pipeline plans something else now. A null pipeline is not asked: nothing of its work is done.
 */
export async function refuseStranger(pool: Pool, { run, plan, state }: RunRecord, pipeline: Pipeline | null) {
  if (state !== "finished") {
    const { rows } = await patiently(() =>
      pool.query<{ protocol: string }>("select protocol from edgecert.runs where run = $1", [run]),
    );
    const begun = rows[0]?.protocol ?? protocol;
    if (begun !== protocol) throw new FailureError(engineFailure.protocolChanged(run, begun, protocol));
  }
  if (pipeline === null) return;
  const now = await pipeline.plan(plan.params, plan.partial === undefined ? {} : { cells: plan.partial.chosen });
  if (now.digest !== plan.digest) throw new FailureError(engineFailure.planChanged(run, plan.digest, now.digest));
}
