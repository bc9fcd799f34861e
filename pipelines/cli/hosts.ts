import { stripVTControlCharacters } from "node:util";
import type { InventoryHost } from "../../infra/inventory-document.ts";
import { totalRoom } from "../../infra/placement/host-room.ts";
import { changeCondition, hostWord } from "../../infra/pool/condition.ts";
import { noSuchHost } from "../../infra/pool/failures.ts";
import type { HostStanding } from "../../infra/pool/host-pool.ts";
import { withPools } from "../../infra/pool/ledger.ts";
import { lookAndWrite } from "../../infra/pool/look.ts";
import { poolsFolder } from "../../infra/pool/places.ts";
import { roomOf } from "../../infra/pool/standing.ts";
import { surveyHosts } from "../../infra/pool/survey.ts";
import { inventoryVariable } from "../../infra/providers/inventory/failures.ts";
import { inventoryFrom } from "../../infra/providers/inventory/request.ts";
import { FailureError } from "../dsl/failure.ts";
import type { HostsWords } from "./commands/hosts.ts";
import type { Rows } from "./runs.ts";
import { columns } from "./view/columns.ts";

/** The hosts of the inventory as they stand; nothing is asked of them. */
export async function listHosts(words: HostsWords): Promise<Rows> {
  return rowsOf(await surveyHosts({ hosts: hostsOf(words), folder: poolsFolder() }));
}

/** Looks at hosts over SSH and shows them as they stand then. */
export async function checkHosts(names: readonly string[], words: HostsWords): Promise<Rows> {
  const folder = poolsFolder();
  const hosts = named(names, words);
  const io = { signal: AbortSignal.timeout(120_000), note: (text: string) => console.error(text) };
  await Promise.all(hosts.map((host) => lookAndWrite({ folder }, host, io)));
  return rowsOf(await surveyHosts({ hosts, folder }));
}

/** Lets hosts take work or not, and shows them. Throws a FailureError, before anything is changed, for a name that is none. */
export async function changeHosts(
  names: readonly string[],
  { state, reason }: { readonly state: "ready" | "drained" | "quarantined"; readonly reason: string },
  words: HostsWords,
): Promise<Rows> {
  const folder = poolsFolder();
  const hosts = named(names, words);
  await withPools(folder, AbortSignal.timeout(60_000), async () => {
    for (const host of hosts) await changeCondition(folder, hostWord(host), { state, reason, until: null });
  });
  return rowsOf(await surveyHosts({ hosts, folder }));
}

function hostsOf({ inventory }: HostsWords): readonly InventoryHost[] {
  return inventoryFrom(inventory ?? process.env[inventoryVariable]).hosts;
}

function named(names: readonly string[], words: HostsWords): readonly InventoryHost[] {
  const hosts = hostsOf(words);
  const known = hosts.map(({ name }) => name);
  const wrong = names.find((name) => !known.includes(name));
  if (wrong !== undefined) throw new FailureError(noSuchHost(wrong, known));
  return names.length === 0 ? hosts : hosts.filter(({ name }) => names.includes(name));
}

const heading = ["HOST", "ADDRESS", "SYSTEM", "STATE", "THREADS", "MEMORY", "FREE", "HELD BY", "REASON"];

function rowsOf(standings: readonly HostStanding[]): Rows {
  return { lines: columns([heading, ...standings.map(row)]), json: standings.map(document) };
}

function row({ host, condition, room, holds }: HostStanding): string[] {
  const whole = roomOf(host, condition.seen, []);
  const size = whole === null ? null : totalRoom(whole.free);
  const free = room === null ? null : totalRoom(room.free);
  const holders = new Set(holds.map(({ run, node }) => `${run} ${node}`));
  const until = condition.until === null ? "" : ` (until ${condition.until})`;
  return [
    ...[host.name, hostWord(host), `${host.os} ${host.architecture}`, condition.state],
    ...[String(size?.threads ?? "?"), gibibytes(size?.memoryMiB), gibibytes(free?.memoryMiB)],
    [...holders].join(", ") || "-",
    condition.state === "ready" ? "-" : `${condition.reason}${until}`,
  ].map(stripVTControlCharacters);
}

function gibibytes(memoryMiB: number | undefined): string {
  return memoryMiB === undefined ? "?" : `${(memoryMiB / 1024).toFixed(1)} GiB`;
}

/** What programs read of a host. */
function document({ host, condition, room, holds }: HostStanding) {
  const { state, reason, since, until, seen } = condition;
  return {
    ...{ name: host.name, ssh: host.ssh, os: host.os, architecture: host.architecture, features: host.features },
    ...{ state, reason, since, until, seen, free: room?.free ?? null },
    holds: holds.map(({ run, node, server, numa, taken, expiresAt, pool }) => ({
      ...{ run, node, server, numa, taken, expiresAt, pool },
    })),
  };
}
