import { mkdir, open, readdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { isAlive, ownIdentity } from "../hosts/process-table.ts";

/** How long a process may take from asking for an image to the disk of a server that rests on it, in milliseconds. */
const claimMs = 2 * 3_600_000;

/**
 * Notes in an image's folder that this process is about to use it. False where the folder is gone meanwhile: whoever
 * removes an image moves its folder away first and looks at the claims afterwards.
 */
export async function claimImage(folder: string): Promise<boolean> {
  const { pid, startTime } = ownIdentity();
  const users = join(folder, "users");
  try {
    await mkdir(users).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
    await writeFile(join(users, `${pid}-${startTime}`), "");
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

/** The living processes that lately asked for the image in a folder, in words; claims of dead ones are removed. */
export async function claimants(folder: string): Promise<readonly string[]> {
  const users = join(folder, "users");
  const alive: string[] = [];
  for (const name of await readdir(users).catch(() => [])) {
    const [pid = "", startTime = ""] = name.split("-");
    const age =
      Date.now() -
      (await stat(join(users, name)).then(
        (file) => file.mtimeMs,
        () => 0,
      ));
    if (isAlive({ pid: Number(pid), startTime }) && age < claimMs) alive.push(`process ${pid}`);
    else await rm(join(users, name), { force: true });
  }
  return alive;
}

/** For each file that disks of servers rest on, the ids of those servers. Follows chains of overlays. */
export async function disksInUse(home: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const servers = join(home, "local", "servers");
  const users = new Map<string, string[]>();
  for (const id of await readdir(servers).catch(() => [])) {
    for (const name of await readdir(join(servers, id)).catch(() => [])) {
      if (!name.endsWith(".qcow2")) continue;
      for (let disk = await backingFile(join(servers, id, name)); disk !== undefined; disk = await backingFile(disk))
        users.set(disk, [...(users.get(disk) ?? []), id]);
    }
  }
  return users;
}

/** The absolute path of the file that a qcow2 disk rests on; undefined where it rests on none. Format: QEMU's qcow2. */
export async function backingFile(disk: string): Promise<string | undefined> {
  const file = await open(disk).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(20), 0, 20, 0);
    if (bytesRead < 20 || buffer.toString("latin1", 0, 4) !== "QFI\u00fb") return undefined;
    const size = buffer.readUInt32BE(16);
    if (size === 0 || size > 1023) return undefined;
    const name = await file.read(Buffer.alloc(size), 0, size, Number(buffer.readBigUInt64BE(8)));
    const path = name.buffer.toString("utf8");
    return isAbsolute(path) ? path : resolve(dirname(disk), path);
  } finally {
    await file.close();
  }
}
