import { freeSpace } from "../../infra/hosts/disk-space.ts";
import { roomFor } from "../../infra/images/room.ts";
import { namesPool, providerVariable } from "../../infra/providers/chosen-pools.ts";
import { FailureError } from "../dsl/failure.ts";
import type { Plan } from "../dsl/plan-document.ts";
import { homeProcess } from "../engine/postgres/server.ts";
import { databasePlace } from "./home.ts";
import { printSize } from "./sizes.ts";

const mebibyte = 2 ** 20;

/** Left free in any case, so that the database can write and every undo can run. In bytes. */
export const leastFree = 512 * mebibyte;

/** What a run writes into its folder and its record, packages and results of the quickstart with room to spare. */
const recordBytes = 192 * mebibyte;

/** A folder that a run fills. */
export interface FilledFolder {
  readonly path: string;
  /** What it is, for people. */
  readonly holds: string;
}

/** The folders that fill up while a run goes on: the home, and that of our own database where it lies elsewhere. */
export async function filledFolders(): Promise<readonly FilledFolder[]> {
  const { home, databaseUrl } = databasePlace();
  const folders = [{ path: home, holds: "images, servers and runs" }];
  if (databaseUrl !== undefined) return folders;
  const { folder } = (await homeProcess(home)).place;
  return folder.startsWith(home) ? folders : [...folders, { path: folder, holds: "the database" }];
}

/** Refuses a run for which a disk has too little room, before anything is spent. */
export async function requireRoom(plan: Plan, least: number = leastFree): Promise<void> {
  const { home } = databasePlace();
  const local = namesPool(process.env[providerVariable] ?? "", "local");
  const requests = local ? plan.nodes.filter(({ kind }) => kind === "run").flatMap(({ servers }) => servers) : [];
  const room = await roomFor(requests, home);
  for (const { path, holds } of await filledFolders()) {
    const needed = recordBytes + least + (path === home ? room.bytes : 0);
    const free = await freeSpace(path);
    if (free >= needed) continue;
    const parts = [...(path === home ? room.parts : []), "the run's record", `${printSize(least)} kept free`].join(
      ", ",
    );
    throw new FailureError({
      reason: "disk-full",
      class: "capacity",
      title: `The disk has too little room for this run: ${printSize(free)} are free, about ${printSize(needed)} needed`,
      detail: `${path} holds ${holds}; needed for ${parts}.`,
      next: "Make room with `edgecert prune --images 1h`, or set EDGECERT_HOME to a folder on a larger disk.",
    });
  }
}
