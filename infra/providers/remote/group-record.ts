import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readRecord, writeRecord } from "../../hosts/record-file.ts";
import type { ClusterHost } from "../cluster.ts";
import type { SshAddress } from "../provider.ts";

/** A host as servers see it: what is needed to reach it again, and what its servers say of it. */
export interface ServingHost extends Pick<ClusterHost, "id" | "name" | "hostClass"> {
  /** The provider that lists the host by tag. */
  readonly provider: string;
  readonly ssh: SshAddress;
}

const host = z.object({
  id: z.string(),
  name: z.string(),
  hostClass: z.enum(["on-premises", "nested", "metal", "simulated"]),
  provider: z.string(),
  ssh: z.custom<SshAddress>((value) => typeof value === "object" && value !== null && "host" in value),
});

const groupRecord = z.object({
  v: z.literal(1),
  run: z.string(),
  node: z.string(),
  expiresAt: z.string(),
  hosts: z.array(host),
});

/** Which hosts servers of one run's node may be on: written before a host is asked for any. */
export type GroupRecord = z.infer<typeof groupRecord>;

/** Who holds servers. */
export interface Holder {
  readonly run: string;
  readonly node: string;
}

/** Files of one group on this machine. */
export function groupPlaces(home: string, { run, node }: Holder) {
  const word = createHash("sha256")
    .update(JSON.stringify([run, node]))
    .digest("hex")
    .slice(0, 16);
  const folder = join(groupsFolder(home), word);
  return { folder, record: join(folder, "group.json") };
}

function groupsFolder(home: string): string {
  return join(home, "hosts", "groups");
}

/** Notes that a host may have servers of a group, beside those that are noted already. */
export async function noteHosts(home: string, group: Omit<GroupRecord, "v">): Promise<void> {
  const { record } = groupPlaces(home, group);
  const known = (await readRecord(record, groupRecord))?.hosts ?? [];
  const others = known.filter((one) => !group.hosts.some(({ id }) => id === one.id));
  await writeRecord(record, { v: 1, ...group, hosts: [...others, ...group.hosts] });
}

/** The groups of a home, narrowed by run and node where given. */
export async function readGroups(home: string, filter: Partial<Holder>): Promise<readonly GroupRecord[]> {
  const words = await readdir(groupsFolder(home)).catch(() => []);
  const read = words.map((word) => readRecord(join(groupsFolder(home), word, "group.json"), groupRecord));
  return (await Promise.all(read))
    .filter((group) => group !== undefined)
    .filter(({ run, node }) => (filter.run ?? run) === run && (filter.node ?? node) === node);
}

/** Forgets a group with its keys. */
export async function forgetGroup(home: string, holder: Holder): Promise<void> {
  await rm(groupPlaces(home, holder).folder, { recursive: true, force: true });
}
