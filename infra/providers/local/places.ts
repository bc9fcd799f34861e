import { createHash } from "node:crypto";
import { join } from "node:path";

/** Where the local provider keeps things below its home folder. */
export interface Places {
  readonly home: string;
  /** One folder per server, named by its id. */
  readonly servers: string;
  /** One folder per run and node: lease and login key. */
  readonly groups: string;
  /** One ticket per group that waits for room. */
  readonly queue: string;
}

/** The folders of a home. Pure: makes none of them. */
export function placesIn(home: string): Places {
  const local = join(home, "local");
  return { home, servers: join(local, "servers"), groups: join(local, "groups"), queue: join(local, "queue") };
}

/** Files of one server. */
export function serverFiles(places: Places, id: string) {
  const folder = join(places.servers, id);
  const inFolder = (name: string) => join(folder, name);
  return {
    folder,
    record: inFolder("server.json"),
    disk: inFolder("disk.qcow2"),
    seed: inFolder("seed.tar"),
    console: inFolder("console.log"),
    pid: inFolder("qemu.pid"),
  };
}

/** Files of one group: the servers of one node of one run. */
export function groupFiles(places: Places, holder: { readonly run: string; readonly node: string }) {
  const word = createHash("sha256")
    .update(JSON.stringify([holder.run, holder.node]))
    .digest("hex")
    .slice(0, 16);
  const folder = join(places.groups, word);
  const inFolder = (name: string) => join(folder, name);
  return {
    folder,
    lease: inFolder("lease.json"),
    loginKey: inFolder("login_ed25519"),
    /** Seconds since the epoch at which a kept group goes; there only while one is kept. */
    kept: inFolder("kept-until"),
  };
}

/** Name of the machine-wide lock under which leases, reservations and starts happen. */
export const allocationLock = "allocation";
