import { stripVTControlCharacters } from "node:util";
import type { StandingMinimum } from "../../infra/standing/options.ts";
import { clusterOf, isWorkedOn, type StandingRecord } from "../../infra/standing/record.ts";
import type { ClusterRequest } from "../dsl/request.ts";
import type { Rows } from "./runs.ts";
import { columns } from "./view/columns.ts";

const heading = ["NAME", "ID", "PROVIDER", "HOSTS", "STATE", "PER HOUR", "TAKES USERS UNTIL", "USED BY"];

/** What stands, then the names of a file of which nothing stands. */
export function clusterRows(records: readonly StandingRecord[], wanted: readonly StandingMinimum[]): Rows {
  const absent = wanted.filter(({ terms }) => !records.some(({ name }) => name === terms.name));
  const missing = absent.map(({ terms, ready }) => `${terms.name}: none stands, ${ready} ready are asked for`);
  const json = records.map(document);
  if (records.length === 0) return { lines: ["No cluster stands.", ...missing], json };
  const ids = records.map(({ id }) => `edgecert clusters down ${id}`);
  const last = `Give one back: ${ids[0]}`;
  return { lines: [...columns([heading, ...records.map(row)]), ...missing, last], json };
}

function row(record: StandingRecord): string[] {
  const { name, id, provider, closesAt, users } = record;
  const cluster = clusterOf(record);
  const request: ClusterRequest = JSON.parse(record.request);
  const price = cluster?.dollarsPerHour ?? null;
  return [
    ...[name, id, provider, `${request.count} ${request.os}`, stateOf(record)],
    cluster === null || price === null ? "?" : `$${price.toFixed(2)}`,
    closesAt.slice(0, 16).replace("T", " "),
    users.map(({ run, node }) => `${run} ${node}`).join(", ") || "-",
  ].map(stripVTControlCharacters);
}

/** `left` is made or ended by a process that has died: the next who tends ends it. */
function stateOf(record: StandingRecord): string {
  if (record.state !== "ready") return isWorkedOn(record) ? record.state : "left";
  if (Date.parse(record.closesAt) <= Date.now()) return "closed";
  return record.users.length === 0 ? "free" : "used";
}

/** What programs read of a cluster. */
function document(record: StandingRecord) {
  const { id, name, provider, users, shared, idleSince, idleMs, keptUntil, closesAt, expiresAt } = record;
  const cluster = clusterOf(record);
  return {
    ...{ id, name, provider, state: stateOf(record), request: JSON.parse(record.request), shared },
    ...{ idleSince, idleMs, keptUntil, closesAt, expiresAt, dollarsPerHour: cluster?.dollarsPerHour ?? null },
    hosts: (cluster?.hosts ?? []).map(({ name, id, ssh }) => ({ name, id, ssh })),
    users: users.map(({ run, node, expiresAt }) => ({ run, node, expiresAt })),
  };
}
