import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import type { Machines } from "./machines.ts";
import type { FakeProvider, Properties, Subject } from "./provider.ts";
import { type Call, HalfDone, LostReply, ProviderRefusal } from "./world.ts";

/** Something that the fake keeps: a device or a key, with the words it is found by. */
export interface EquinixThing {
  readonly id: string;
  readonly type: string;
  /** Name in the program. */
  readonly name: string;
  readonly project: string;
  /** A device's tags; the name of a key or project and the description of a VLAN, because they have no tags. */
  readonly words: readonly string[];
}

/** Metal's errors as its API and provider word them, by codes of ours: the API has only HTTP status and text. */
const errors: Readonly<Record<string, string>> = {
  NoCapacity: "422 The facility has no provisionable servers matching your criteria",
  Quota: "422 The project has reached the limit of devices",
  Throttled: "429 Too many requests",
  Unauthorized: "401 Invalid authentication token",
  InternalError: "500 Oh snap, something went wrong! We've logged the error and will take a look",
};

const device = z.object({ hostname: z.string(), tags: z.array(z.string()), userData: z.string().default("") });
const key = z.object({ name: z.string(), publicKey: z.string() });

const named = z.object({ name: z.string() });
const vlan = z.object({ description: z.string(), vxlan: z.number() });

/** What only joins two things: it has no tags, and ends with either. */
const joins = new Set([
  "equinix-metal:index/deviceNetworkType:DeviceNetworkType",
  "equinix-metal:index/portVlanAttachment:PortVlanAttachment",
]);
const deviceType = "equinix-metal:index/device:Device";
const keyType = "equinix-metal:index/projectSshKey:ProjectSshKey";
const projectType = "equinix-metal:index/project:Project";
const vlanType = "equinix-metal:index/vlan:Vlan";

/** Pulumi's provider `equinix-metal` over a world of its own: the service ended, so no API is left to emulate. */
export class FakeEquinixMetal implements FakeProvider {
  readonly name = "equinix-metal";
  readonly version: string;
  readonly changeable = ["tags", "hostname", "description"];
  readonly autonamed = {};
  readonly #things = new Map<string, EquinixThing & { readonly outputs: Properties }>();
  readonly #machines: Machines;
  #devices = 0;

  constructor({ version, machines }: { readonly version: string; readonly machines: Machines }) {
    this.version = version;
    this.#machines = machines;
  }

  /** Everything that exists and can be found by words of ours, whether or not Pulumi knows it. */
  things(): readonly EquinixThing[] {
    const found = [...this.#things.values()].filter(({ type }) => !joins.has(type));
    return found.map(({ id, type, name, project, words }) => ({ id, type, name, project, words }));
  }

  async configure() {}

  async create({ type, name }: Subject, inputs: Properties) {
    const id = `fake-${randomUUID()}`;
    const made = await this.#made(type, id, inputs);
    this.#things.set(id, { id, type, name, project: String(inputs.projectId ?? ""), ...made });
    return { id, outputs: made.outputs };
  }

  async read(_subject: unknown, id: string) {
    const thing = this.#things.get(id);
    return thing === undefined ? null : { id, outputs: thing.outputs };
  }

  async update({ type }: Subject, { id, inputs }: { id: string; inputs: Properties }) {
    const before = this.#things.get(id);
    if (before === undefined) throw new Error("404 Not found");
    const words = type === deviceType ? device.parse(inputs).tags : before.words;
    const outputs = { ...before.outputs, ...inputs };
    this.#things.set(id, { ...before, words, outputs });
    return { id, outputs };
  }

  async delete(_subject: unknown, id: string) {
    await this.#machines.delete(id);
    this.#things.delete(id);
  }

  async lookup(token: string): Promise<never> {
    throw new Error(`this fake cannot look up ${token}`);
  }

  async attempts<Result>(call: () => Promise<Result>): Promise<Result> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ProviderRefusal && error.code === "Throttled")) throw error;
      await setTimeout(20);
      return call();
    }
  }

  word(error: unknown, { type }: Call): string {
    if (error instanceof LostReply) return `Post "/metal/v1/${type.split(":").at(-1)}": EOF`;
    const code = error instanceof ProviderRefusal || error instanceof HalfDone ? error.code : "";
    return `POST /metal/v1 (fake): ${errors[code] ?? (error instanceof Error ? error.message : String(error))}`;
  }

  async #made(type: string, id: string, inputs: Properties) {
    if (type === keyType) return { words: [key.parse(inputs).name], outputs: { ...inputs } };
    if (type === projectType) return { words: [named.parse(inputs).name], outputs: { ...inputs } };
    if (type === vlanType) return { words: [vlan.parse(inputs).description], outputs: { ...inputs } };
    if (joins.has(type)) return { words: [], outputs: { ...inputs } };
    if (type !== deviceType) throw new Error(`this fake has no ${type}: add it to test/fakes/equinix-metal.ts`);
    const { hostname, tags, userData } = device.parse(inputs);
    const os = String(inputs.operatingSystem ?? "");
    this.#devices += 1;
    const octet = (this.#devices % 250) + 1;
    const real = await this.#machines.create({
      ...{ id, name: hostname, userData, loginKey: this.#loginKey(inputs), account: "root" },
      image: os.replace("_", "-").replace("_", "."),
      network: { segment: `project ${inputs.projectId} in ${inputs.metro}`, address: `10.80.0.${octet}/24` },
    });
    const { address = `198.51.100.${octet}`, privateAddress = `10.80.0.${octet}` } = real ?? {};
    const addresses = { accessPublicIpv4: address, accessPrivateIpv4: privateAddress };
    const outputs = { ...inputs, ...addresses, deployedFacility: `${inputs.metro}1`, state: "active" };
    return { words: tags, outputs };
  }

  #loginKey(inputs: Properties): string {
    const [id] = z.array(z.string()).parse(inputs.projectSshKeyIds ?? []);
    return String(this.#things.get(id ?? "")?.outputs.publicKey ?? "");
  }
}
