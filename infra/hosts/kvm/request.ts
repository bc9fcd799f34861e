import { z } from "zod";

/** A bridge behind which guests reach the world by address translation, and by which nobody reaches the guests unasked. */
export interface NatBridge {
  /** Device name, at most 15 characters; default `edgebr0`. */
  readonly name?: string;
  /** IPv4 network in CIDR form, of /16 to /28; default `192.168.215.0/24`. The host takes its first address. */
  readonly subnet?: string;
}

/** A bridge on one VLAN of a device that the switches pass it on. */
export interface Vlan {
  /** 1 to 4094. */
  readonly id: number;
  /** Device name of the bridge, at most 15 characters. */
  readonly bridge: string;
  /** Device that carries it; default: the one with the default route. It keeps its addresses and routes. */
  readonly device?: string;
}

/** A bridge on one VXLAN (RFC 7348) between hosts that reach each other by IPv4; no multicast is needed. */
export interface Vxlan {
  /** 1 to 16777215. */
  readonly id: number;
  /** Device name of the bridge, at most 15 characters. */
  readonly bridge: string;
  /** Device that carries it; default: the one with the default route. It keeps its addresses and routes. */
  readonly device?: string;
  /** UDP port; default 4789, as IANA assigned it. */
  readonly port?: number;
}

/** The user by which a manager of virtual machines works on its hosts, such as `oneadmin` of OpenNebula. */
export interface Account {
  readonly name: string;
  /** Default: the next that is free. OpenNebula's packages take 9869 everywhere. */
  readonly uid?: number;
  /** Absolute; default `/var/lib/NAME`. */
  readonly home?: string;
  /** Public keys in OpenSSH's form that may log in; keys that are there stay. */
  readonly authorizedKeys: readonly string[];
}

/** What a machine is to become. Plain JSON; everything may be left out. */
export interface HypervisorRequest {
  /**
   * `monolithic`: libvirtd, which OpenNebula needs; `modular`: virtqemud and its kin. Default `auto`: what the operating
   * system ships as its own.
   */
  readonly libvirt?: "auto" | "monolithic" | "modular";
  readonly bridge?: NatBridge;
  readonly vlans?: readonly Vlan[];
  readonly vxlans?: readonly Vxlan[];
  readonly account?: Account;
}

// Because the kernel takes 15 bytes, and a name is a word of shell scripts and unit files.
const device = z.string().regex(/^[a-z][a-z0-9._-]{0,14}$/, "is not a device name of at most 15 characters");
const key = z
  .string()
  .regex(/^(ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [^\n]*)?$/, "is no public key of OpenSSH");

const shape = z.strictObject({
  libvirt: z.enum(["auto", "monolithic", "modular"]).optional(),
  bridge: z
    .strictObject({
      name: device.optional(),
      subnet: z.string().refine(isSubnet, "is no IPv4 network of /16 to /28, such as 192.168.215.0/24").optional(),
    })
    .optional(),
  vlans: z
    .array(z.strictObject({ id: z.int().min(1).max(4094), bridge: device, device: device.optional() }))
    .optional(),
  vxlans: z
    .array(
      z.strictObject({
        ...{ id: z.int().min(1).max(16_777_215), bridge: device, device: device.optional() },
        port: z.int().min(1).max(65_535).optional(),
      }),
    )
    .optional(),
  account: z
    .strictObject({
      name: z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, "is no user name"),
      uid: z.int().min(1).max(60_000).optional(),
      home: z
        .string()
        .regex(/^\/[A-Za-z0-9._/-]+$/, "is no absolute path")
        .optional(),
      authorizedKeys: z.array(key),
    })
    .optional(),
});

/** Everything that is wrong with a request, one sentence each, with the offending value; none for a good one. Pure. */
export function requestProblems(request: HypervisorRequest): readonly string[] {
  const checked = shape.safeParse(request);
  if (!checked.success)
    return checked.error.issues.map(({ path, message }) => {
      const value = path.reduce<unknown>(
        (from, name) => new Map(Object.entries(Object(from))).get(String(name)),
        request,
      );
      return `${path.join(".") || "request"}: ${JSON.stringify(value)} ${message}`;
    });
  const { bridge = {}, vlans = [], vxlans = [] } = request;
  const bridges = [natBridge(bridge).name, ...[...vlans, ...vxlans].map((one) => one.bridge)];
  const twice = bridges.filter((name, index) => bridges.indexOf(name) !== index);
  return [...new Set(twice)].map((name) => `bridge ${JSON.stringify(name)} is asked for more than once`);
}

/** The bridge with its defaults and the addresses on it: of the host, of guests by DHCP, and one for the test guest. Pure. */
export function natBridge({ name = "edgebr0", subnet = "192.168.215.0/24" }: NatBridge) {
  const [network = 0, prefix] = parts(subnet);
  const last = network + 2 ** (32 - prefix) - 2;
  const at = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
  const addresses = { host: at(network + 1), first: at(network + 2), last: at(last - 1), proof: at(last) };
  return { name, prefix, netmask: at(2 ** 32 - 2 ** (32 - prefix)), ...addresses };
}

function isSubnet(text: string): boolean {
  const [network, prefix] = parts(text);
  return prefix >= 16 && prefix <= 28 && network !== undefined && network % 2 ** (32 - prefix) === 0;
}

function parts(subnet: string): readonly [number | undefined, number] {
  const found = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(subnet);
  const [a = 256, b = 256, c = 256, d = 256, prefix = 0] = (found ?? []).slice(1).map(Number);
  const isAddress = [a, b, c, d].every((byte) => byte < 256);
  return [isAddress ? ((a * 256 + b) * 256 + c) * 256 + d : undefined, prefix];
}
