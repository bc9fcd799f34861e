import type { Attribute } from "./attributes.ts";
import type { FakeScript } from "./script.ts";

/** Who asks. */
export interface FakeUser {
  readonly id: number;
  readonly name: string;
  password: string;
  /** Numbers of groups, the first one first. */
  readonly groups: number[];
  /** Tokens by their text, with the epoch second at which each ends; -1 for never. */
  readonly tokens: Map<string, number>;
  /** Limits on machines by metric, such as `VMS`. */
  limits: ReadonlyMap<string, number>;
}

export interface FakeGroup {
  readonly id: number;
  readonly name: string;
  limits: ReadonlyMap<string, number>;
}

/** What every object has. */
export interface FakeObject {
  readonly id: number;
  name: string;
  readonly uid: number;
  readonly gid: number;
  attributes: Attribute[];
  /** Epoch seconds. */
  readonly born: number;
}

export interface FakeHost extends FakeObject {
  state: number;
  readonly imMad: string;
  readonly vmMad: string;
  cluster: number;
}

export interface FakeVm extends FakeObject {
  state: number;
  lcm: number;
  user: Attribute[];
  /** Where it runs; undefined before it was placed. */
  host: number | undefined;
  ended: number;
  /** What the script says becomes of it. */
  readonly fate: string | undefined;
  nextSchedule: number;
}

export interface FakeCluster extends FakeObject {
  readonly datastores: Set<number>;
  readonly networks: Set<number>;
}

export interface FakeImage extends FakeObject {
  state: number;
  readonly datastore: number;
  readonly size: number;
}

export interface FakeNetwork extends FakeObject {
  /** First address of each range and how many follow. */
  readonly ranges: { readonly first: string; readonly size: number }[];
}

export interface FakeDatastore extends FakeObject {
  readonly type: number;
}

/** A virtual data centre: which hosts the users of which groups may use. */
export interface FakeVdc {
  readonly groups: ReadonlySet<number>;
  readonly hosts: ReadonlySet<number> | "all";
}

/** Everything that a fake OpenNebula holds. Documents are those of OneFlow. */
export interface FakeWorld {
  readonly version: string;
  readonly script: FakeScript;
  readonly users: Map<number, FakeUser>;
  readonly groups: Map<number, FakeGroup>;
  readonly hosts: Map<number, FakeHost>;
  readonly vms: Map<number, FakeVm>;
  readonly templates: Map<number, FakeObject>;
  readonly clusters: Map<number, FakeCluster>;
  readonly images: Map<number, FakeImage>;
  readonly networks: Map<number, FakeNetwork>;
  readonly networkTemplates: Map<number, FakeObject>;
  readonly datastores: Map<number, FakeDatastore>;
  readonly apps: Map<number, FakeObject>;
  readonly vdcs: FakeVdc[];
  readonly documents: Map<number, FakeDocument>;
  /** Seconds by which its clock is ahead. */
  ahead: number;
  /** Powers the guest of a machine on and off; absent where machines run nothing. */
  guests?: { start(vm: FakeVm): void; stop(vm: FakeVm): void };
}

/** A service or the template of one. */
export interface FakeDocument extends FakeObject {
  readonly type: "service" | "service_template";
  body: Record<string, unknown>;
}

/** Epoch seconds of the fake's own clock. */
export function nowOf(world: FakeWorld): number {
  return Math.floor(Date.now() / 1000) + world.ahead;
}

/** A number that no object of that kind ever had. Numbers of real installations begin again per kind, too. */
export function nextId(world: FakeWorld, objects: ReadonlyMap<number, unknown>): number {
  const last = world.script.lastIds.get(objects) ?? Math.max(-1, ...objects.keys());
  world.script.lastIds.set(objects, last + 1);
  return last + 1;
}

/** The machines that are not done. */
export function livingVms(world: FakeWorld): readonly FakeVm[] {
  return [...world.vms.values()].filter(({ state }) => state !== 6);
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const appAttributes = [
  { name: "SIZE", value: "2252" },
  { name: "APPTEMPLATE64", value: base64('DEV_PREFIX="vd"\nTYPE="OS"') },
  {
    name: "VMTEMPLATE64",
    value: base64('CPU="1"\nMEMORY="768"\nCONTEXT=[ NETWORK="YES", SSH_PUBLIC_KEY="$USER[SSH_PUBLIC_KEY]" ]'),
  },
];

/** A new world: oneadmin and a user without rights, the default cluster with its datastores, and one network. */
export function newWorld(version: string, script: FakeScript): FakeWorld {
  const born = Math.floor(Date.now() / 1000);
  const object = (id: number, name: string): FakeObject => ({ ...{ id, name, uid: 0, gid: 0, born }, attributes: [] });
  const user = (id: number, name: string, group: number): FakeUser => ({
    ...{ id, name, password: `${name}-password`, groups: [group], tokens: new Map(), limits: new Map() },
  });
  const datastore = (id: number, name: string, type: number) => ({ ...object(id, name), type });
  const networks = [{ ...object(0, "private"), ranges: [{ first: "127.90.0.10", size: 100 }] }];
  const datastores = [datastore(0, "system", 1), datastore(1, "default", 0), datastore(2, "files", 2)];
  const byId = <One extends { readonly id: number }>(all: readonly One[]) => new Map(all.map((one) => [one.id, one]));
  return {
    ...{ version, script, ahead: 0, vms: new Map(), hosts: new Map(), images: new Map(), templates: new Map() },
    users: byId([user(0, "oneadmin", 0), user(2, "engineer", 1)]),
    groups: byId([0, 1].map((id) => ({ id, name: id === 0 ? "oneadmin" : "users", limits: new Map() }))),
    clusters: byId([{ ...object(0, "default"), datastores: new Set([0, 1, 2]), networks: new Set([0]) }]),
    ...{
      networks: byId(networks),
      datastores: byId(datastores),
      networkTemplates: new Map(),
      apps: byId([{ ...object(0, "Debian 12"), attributes: appAttributes }]),
    },
    ...{ vdcs: [{ groups: new Set([1]), hosts: "all" }], documents: new Map() },
  };
}
