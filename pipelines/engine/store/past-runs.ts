import type { Pool } from "pg";

/** When a finished run and its nodes started and ended, in milliseconds since the epoch. */
export interface PastRun {
  readonly run: string;
  readonly startedAt: number;
  /** The nodes that settled, by id. */
  readonly nodes: ReadonlyMap<string, { readonly endedAt: number; readonly passed: boolean }>;
}

/**
 * The latest runs of a pipeline that finished by themselves in one go, newest first, at most so many. A run that was
 * cancelled or resumed says nothing about how long the next one takes.
 */
export async function pastRuns(pool: Pool, pipeline: string, atMost: number): Promise<readonly PastRun[]> {
  const { rows } = await pool.query<PastRow>(
    `with latest as (
       select run, started_at from edgecert.runs
       where pipeline = $1 and state = 'finished' and outcome in ('passed', 'failed') and takeovers = 0
       order by started_at desc limit $2
     )
     select l.run, extract(epoch from l.started_at)::float8 * 1000 as started_at, e.node, e.at, e.type
     from latest l join edgecert.events e on e.run = l.run
     where e.type in ('node.passed', 'node.failed', 'node.skipped', 'node.cancelled', 'node.leaked')
     order by l.started_at desc, l.run, e.seq`,
    [pipeline, atMost],
  );
  return [...Map.groupBy(rows, (row) => row.run)].map(([run, own]) => ({
    run,
    startedAt: own[0]?.started_at ?? 0,
    nodes: new Map(
      own.map(({ node, at, type }) => [node, { endedAt: Date.parse(at), passed: type === "node.passed" }]),
    ),
  }));
}

interface PastRow {
  readonly run: string;
  readonly started_at: number;
  readonly node: string;
  readonly at: string;
  readonly type: string;
}
