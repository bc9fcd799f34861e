import type { Event, LoginAddress } from "../dsl/event.ts";
import type { Plan } from "../dsl/plan-document.ts";
import { closest } from "../dsl/suggestion.ts";
import { UsageError } from "./exit.ts";

/** A server of a run that answers. */
export interface LiveServer {
  /** The node that holds it, and the attempt that acquired it. */
  readonly node: string;
  readonly attempt: number;
  /** The values of the holder's axes joined by `/`: a cell's id, or a part of it; empty for a server of the whole run. */
  readonly cell: string;
  /** Host name inside its cell. */
  readonly name: string;
  readonly role: string;
  readonly ssh: LoginAddress;
}

/** The servers that a run's stream calls ready and that the provider still lists by these ids. */
export function liveServers(
  plan: Pick<Plan, "nodes">,
  events: readonly Event[],
  listed: ReadonlySet<string>,
): readonly LiveServer[] {
  const cells = new Map(plan.nodes.map((node) => [node.id, Object.values(node.cell).join("/")]));
  const live = new Map<string, LiveServer>();
  for (const event of events) {
    if (event.type === "server.released") live.delete(event.data.id);
    if (event.type !== "server.ready" || event.data.ssh === undefined || !listed.has(event.data.id)) continue;
    const { node = "", attempt = 1 } = event;
    const { server: name, role, ssh, id } = event.data;
    live.set(id, { node, attempt, cell: cells.get(node) ?? "", name, role, ssh });
  }
  return [...live.values()];
}

/**
 * The one server that `CELL` or `CELL/ROLE` means, where a role may also be a host name. A UsageError names the nearest
 * where there is none, and the choice where there are several.
 */
export function chooseServer(run: string, servers: readonly LiveServer[], named: string): LiveServer {
  const [found, ...others] = servers.filter((server) => namesOf(server).includes(named));
  if (found !== undefined && others.length === 0) return found;
  if (found !== undefined) {
    const list = [found, ...others].map(fullName).join(", ");
    throw new UsageError("Several servers are meant", named, `choose one of ${list}`);
  }
  const all = servers.map(fullName);
  if (all.length === 0) throw new UsageError("No server of this run answers", run, `see: edgecert status ${run}`);
  const near = all.filter((name) => name.includes(named));
  const meant = closest(named, [...all, ...servers.map(({ cell }) => cell)]);
  const next =
    meant === undefined ? `${run} has ${(near.length > 0 ? near : all).join(", ")}` : `did you mean ${meant}?`;
  throw new UsageError("No such server", JSON.stringify(named), next);
}

function namesOf({ cell, role, name }: LiveServer): readonly string[] {
  const within = (word: string) => (cell === "" ? word : `${cell}/${word}`);
  return [cell, within(role), within(name)].filter((word) => word !== "");
}

/** How a person names a server so that no other is meant. */
export function fullName({ cell, name }: LiveServer): string {
  return cell === "" ? name : `${cell}/${name}`;
}
