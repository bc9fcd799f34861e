/** The number of what is stored and in which order a run is interpreted: runs of another number are not continued. */
export const protocol = "edgecert-1";

/** Our tables, beside those of DBOS in the same database. Safe to run at every start. */
export const schema = `
create schema if not exists edgecert;
create table if not exists edgecert.workers (
  id text primary key,
  number integer generated always as identity,
  pid integer not null,
  host text not null,
  started_at timestamptz not null default now(),
  seen_at timestamptz not null default now()
);
create table if not exists edgecert.runs (
  run text primary key,
  pipeline text not null,
  definition text not null,
  plan json not null,
  plan_digest text not null,
  width integer not null,
  started_at timestamptz not null default now(),
  state text not null default 'running',
  outcome text,
  leaked integer not null default 0,
  worker text not null,
  takeovers integer not null default 0,
  cancel_reason text,
  sealed_digest text,
  sealed_verdict text,
  last_seq bigint not null default 0,
  last_batch text
);
create sequence if not exists edgecert.tickets;
-- Because altering a table stops everybody who works on it, even where there is nothing to alter, it is asked first.
do $$ begin
  if (select count(*) from pg_attribute where attrelid = 'edgecert.runs'::regclass
      and attname in ('follows', 'removal', 'lane', 'lane_mode', 'ticket', 'protocol')) < 6 then
    alter table edgecert.runs add column if not exists follows text, add column if not exists removal text,
      add column if not exists lane text, add column if not exists lane_mode text,
      add column if not exists protocol text not null default 'edgecert-1',
      add column if not exists ticket bigint not null default nextval('edgecert.tickets');
  end if;
end $$;
create index if not exists runs_lane on edgecert.runs (lane) where state in ('queued', 'running');
create index if not exists runs_newest on edgecert.runs (started_at desc, run desc);
create table if not exists edgecert.nodes (
  run text not null references edgecert.runs on delete cascade,
  node text not null,
  attempt integer,
  round integer not null default 0,
  outcome text,
  output json,
  opened json,
  primary key (run, node)
);
alter table edgecert.nodes add column if not exists lost boolean;
create table if not exists edgecert.decisions (
  run text not null references edgecert.runs on delete cascade,
  node text not null,
  decision text not null,
  by text not null,
  reason text not null,
  at timestamptz not null default now(),
  primary key (run, node)
);
create table if not exists edgecert.events (
  run text not null references edgecert.runs on delete cascade,
  seq bigint not null,
  at text not null,
  node text,
  attempt integer,
  host text,
  type text not null,
  data json not null,
  primary key (run, seq)
);
`;

/** The channel on which a run's name is notified when its stream, its messages or its state changed. */
export const channel = "edgecert";

/** First key of the advisory locks that show which workers are alive; the second is the worker's number. */
export const workerLocks = 0x6563;

/** First key of the advisory locks under which a lane's turns are given; the second is a hash of the lane. */
export const laneLocks = 0x6566;

/** The advisory lock under which DBOS makes its tables. */
export const launchLock = 0x6567;

/** First key of the advisory lock under which our tables are made. */
export const schemaLock = 0x6564;

/** The advisory lock of whoever removes runs. */
export const removalLock = 0x6565;
