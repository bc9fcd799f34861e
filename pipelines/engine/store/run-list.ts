import type { Pool } from "pg";
import type { Json } from "../../dsl/json.ts";
import type { RunOutcome } from "../scheduler/run-state.ts";
import type { RunEntry } from "./recorder.ts";
import { workerAlive } from "./session.ts";

/** What a list says of one run: all that is stored of it but its plan and its events. */
export interface RunSummary {
  readonly run: string;
  readonly pipeline: string;
  /** Absolute path of the definition file. */
  readonly definition: string;
  readonly params: Json;
  /** The run whose open cells this one is for; absent for any other. */
  readonly follows?: string;
  readonly startedAt: string;
  readonly state: NonNullable<RunEntry["state"]>;
  readonly outcome: RunOutcome | null;
  /** Undo nodes that failed in the end. */
  readonly leaked: number;
  /** Digest and verdict of the sealed certificate; null before the seal. */
  readonly sealed: { readonly digest: string; readonly verdict: string } | null;
  /** Whether a live worker holds the run. */
  readonly alive: boolean;
}

/** What makes a run one of the listed; `resumable` is unfinished or leaking, `alive` is held by a live worker. */
export type RunKind = "any" | "unfinished" | "resumable" | "waiting-approval" | "sealed" | "alive";

/** Which runs are listed. */
export interface RunChoice {
  readonly kind?: RunKind;
  /** The beginning of their names. */
  readonly beginning?: string;
  /** How many at most; absent for all. */
  readonly limit?: number;
}

/** SQL: whether the run of the row `r` of edgecert.runs is there for people, rather than being removed. */
export const listed = "r.removal is distinct from 'whole'";

const conditions: Readonly<Record<RunKind, string>> = {
  any: "true",
  unfinished: "r.state <> 'finished'",
  resumable: "(r.state <> 'finished' or r.leaked > 0)",
  "waiting-approval": "r.state = 'waiting-approval'",
  sealed: "r.sealed_digest is not null",
  alive: workerAlive,
};

/** The chosen runs, newest first. */
export async function runSummaries(pool: Pool, choice: RunChoice = {}): Promise<readonly RunSummary[]> {
  const { kind = "any", beginning = "", limit = null } = choice;
  const { rows } = await pool.query<SummaryRow>(
    `select r.run, r.pipeline, r.definition, r.plan->'params' as params, r.follows, r.started_at, r.state, r.outcome, r.leaked,
       r.sealed_digest, r.sealed_verdict, ${workerAlive} as alive
     from edgecert.runs r where ${listed} and ${conditions[kind]} and starts_with(r.run, $1)
     order by r.started_at desc, r.run desc limit $2`,
    [beginning, limit],
  );
  return rows.map(summaryOf);
}

/** How many runs there are. */
export async function runCount(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(`select count(*)::integer from edgecert.runs r where ${listed}`);
  return rows[0]?.count ?? 0;
}

/** The names of all runs, newest first. */
export async function runNames(pool: Pool): Promise<readonly string[]> {
  const { rows } = await pool.query<{ run: string }>(
    `select run from edgecert.runs r where ${listed} order by started_at desc, run desc`,
  );
  return rows.map(({ run }) => run);
}

/** What a row of edgecert.runs says of a summary, as Postgres gives it. */
export interface SummaryRow {
  readonly run: string;
  readonly pipeline: string;
  readonly definition: string;
  readonly params: Json;
  readonly follows: string | null;
  readonly started_at: Date;
  readonly state: RunSummary["state"];
  readonly outcome: RunOutcome | null;
  readonly leaked: number;
  readonly sealed_digest: string | null;
  readonly sealed_verdict: string | null;
  readonly alive: boolean;
}

/** A row as the summary that it stands for. */
export function summaryOf(row: SummaryRow): RunSummary {
  const { run, pipeline, definition, params, follows, state, outcome, leaked, alive } = row;
  const sealed =
    row.sealed_digest === null ? null : { digest: row.sealed_digest, verdict: row.sealed_verdict ?? "unknown" };
  const startedAt = row.started_at.toISOString();
  const link = follows === null ? {} : { follows };
  return { run, pipeline, definition, params, ...link, startedAt, state, outcome, leaked, sealed, alive };
}
