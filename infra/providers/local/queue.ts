import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { isAlive, ownIdentity } from "../../hosts/process-table.ts";
import { readRecord, writeRecord } from "../../hosts/record-file.ts";
import type { Places } from "./places.ts";

const ticketRecord = z.object({ pid: z.number(), startTime: z.string(), run: z.string(), node: z.string() });

/** A place in the queue of groups that wait for room: first come, first served, across processes. */
export interface Ticket {
  readonly name: string;
}

/** Joins the end of the queue. The caller holds the allocation lock, so that names follow the order of coming. */
export async function takeTicket(
  places: Places,
  holder: { readonly run: string; readonly node: string },
): Promise<Ticket> {
  const last = (await readdir(places.queue).catch(() => []))
    .filter((name) => name.endsWith(".json"))
    .sort()
    .at(-1);
  const number = Number.parseInt(last ?? "0", 10) + 1;
  const name = `${String(number).padStart(12, "0")}.json`;
  await writeRecord(join(places.queue, name), { ...ownIdentity(), run: holder.run, node: holder.node });
  return { name };
}

/** Who stands before a ticket, in words; undefined when it is first. Tickets of dead processes are taken out. */
export async function before(places: Places, ticket: Ticket): Promise<string | undefined> {
  const names = (await readdir(places.queue).catch(() => [])).filter((name) => name.endsWith(".json")).sort();
  for (const name of names) {
    if (name >= ticket.name) return undefined;
    const path = join(places.queue, name);
    const other = await readRecord(path, ticketRecord);
    if (other !== undefined && isAlive(other)) return `run ${other.run} node ${other.node}`;
    await rm(path, { force: true });
  }
  return undefined;
}

/** Leaves the queue. */
export async function dropTicket(places: Places, ticket: Ticket): Promise<void> {
  await rm(join(places.queue, ticket.name), { force: true });
}
