import { type ChildProcess, spawn } from "node:child_process";
import { ownIdentity } from "../../../infra/hosts/process-table.ts";
import { takeLease } from "../../../infra/lease.ts";
import { groupFiles, placesIn } from "../../../infra/providers/local/places.ts";
import { commandLineTags, createServer, type ServerRecord } from "../../../infra/providers/local/server-record.ts";

/** A server of this machine as it lies on disk, whose machine is a process that only carries its tags. */
export async function recordedServer(
  home: string,
  run: string,
  expiresAt: string,
): Promise<{ readonly record: ServerRecord; readonly child: ChildProcess }> {
  const places = placesIn(home);
  const owner = { run, node: "servers@debian-12", attempt: 1, token: 1, expiresAt };
  const claim = await takeLease(groupFiles(places, owner).lease, owner);
  const record: ServerRecord = {
    ...{ v: 1, id: `node1-${run}`, name: "node1", claim, group: 1, index: 0, memoryMiB: 1, cores: 1 },
    ...owner,
    holder: ownIdentity(),
    qemu: null,
  };
  await createServer(places, record);
  const tags = `value=${commandLineTags(home, owner, record)}`;
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", tags], { stdio: "ignore" });
  return { record, child };
}
