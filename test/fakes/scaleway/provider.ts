import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import { machineNamed } from "../../../infra/catalog/catalog.ts";
import { scalewayImage, scalewayOperatingSystems } from "../../../infra/catalog/scaleway-images.ts";
import type { Machines } from "../machines.ts";
import type { FakeProvider, Properties, Subject } from "../provider.ts";
import type { Call } from "../world.ts";
import { attempts, isPassing, wordScaleway } from "./errors.ts";

/** Something that the fake keeps, as its API tells of it. */
export interface ScalewayThing {
  /** Pulumi's id: place and UUID, or the UUID alone for a key. */
  readonly id: string;
  readonly type: string;
  /** Name in the program. */
  readonly name: string;
  /** What it is called at Scaleway; of a key, what carries its tags. */
  readonly label: string;
  readonly tags: readonly string[];
}

const serverType = "scaleway:elasticmetal/server:Server";
const keyType = "scaleway:iam/sshKey:SshKey";
const vpcType = "scaleway:network/vpc:Vpc";
const networkType = "scaleway:network/privateNetwork:PrivateNetwork";

/** The types that the fake knows, by the collection of the API that lists them. */
export const collections: Readonly<Record<string, string>> = {
  servers: serverType,
  "private-networks": networkType,
  vpcs: vpcType,
  "ssh-keys": keyType,
};

const tagged = z.object({ name: z.string(), tags: z.array(z.string()).default([]) });
const server = z.object({
  zone: z.string(),
  offer: z.string(),
  os: z.string(),
  hostname: z.string(),
  cloudInit: z.string(),
  sshKeyIds: z.array(z.string()),
  options: z.array(z.object({ id: z.string() })).default([]),
  privateNetworks: z.array(z.object({ id: z.string() })).default([]),
});

/** The option without which the provider attaches no private network (its `helpers.go`). */
const privateNetworkOption = "cd4158d7-2d65-49be-8803-c4b8ab6f760c";

type Kept = ScalewayThing & { readonly outputs: Properties };

/** Pulumi's provider `scaleway` over a world of its own; its things are listed by `scaleway/api.ts` too. */
export class FakeScaleway implements FakeProvider {
  readonly name = "scaleway";
  readonly version: string;
  readonly changeable = ["tags", "name", "hostname", "description"];
  readonly autonamed = {};
  readonly #things = new Map<string, Kept>();
  readonly #machines: Machines;
  #servers = 0;

  constructor({ version, machines }: { readonly version: string; readonly machines: Machines }) {
    this.version = version;
    this.#machines = machines;
  }

  /** Everything that exists, whether or not Pulumi knows it. */
  things(): readonly ScalewayThing[] {
    return [...this.#things.values()].map(({ id, type, name, label, tags }) => ({ id, type, name, label, tags }));
  }

  /** Whether something else stands in it, so that it cannot be deleted. */
  isUsed(id: string): boolean {
    return [...this.#things.values()].some(
      ({ type, outputs }) =>
        (type === networkType && outputs.vpcId === id) ||
        (type === serverType && JSON.stringify(outputs.privateNetworks ?? []).includes(id)),
    );
  }

  async configure() {}

  async create({ type, name }: Subject, inputs: Properties) {
    const uuid = randomUUID();
    const place = inputs.zone ?? inputs.region;
    const id = type === keyType ? uuid : `${place}/${uuid}`;
    const outputs = type === serverType ? await this.#delivered(id, inputs) : this.#plain(type, inputs);
    const { name: label, tags } = tagged.parse(inputs);
    this.#things.set(id, { id, type, name, label, tags, outputs });
    return { id, outputs };
  }

  async read(_subject: Subject, id: string) {
    const thing = this.#things.get(id);
    return thing === undefined ? null : { id, outputs: thing.outputs };
  }

  async update(_subject: Subject, { id, inputs }: { id: string; inputs: Properties }) {
    const before = this.#things.get(id);
    if (before === undefined) throw new Error(`resource with ID ${id} is not found`);
    const { name: label, tags } = tagged.parse(inputs);
    const outputs = { ...before.outputs, ...inputs };
    this.#things.set(id, { ...before, label, tags, outputs });
    return { id, outputs };
  }

  async delete(_subject: Subject, id: string) {
    if (this.isUsed(id)) throw new Error("precondition failed: resource is still in use");
    await this.#machines.delete(id);
    this.#things.delete(id);
  }

  async lookup(token: string, inputs: Properties): Promise<Properties> {
    const {
      name,
      version = "",
      zone,
    } = z.object({ name: z.string(), version: z.string().optional(), zone: z.string() }).parse(inputs);
    if (token.endsWith(":getOffer")) {
      if (machineNamed(name, "scaleway") === undefined)
        throw new Error(`could not find the offer ID from name ${name}`);
      return { ...inputs, id: `${zone}/${name}`, offerId: `${zone}/${name}` };
    }
    if (!token.endsWith(":getOs")) throw new Error(`this fake cannot look up ${token}`);
    const os = scalewayOperatingSystems.find((one) => {
      const image = scalewayImage(one);
      return image?.name === name && image.version === version;
    });
    if (os === undefined) throw new Error(`no os found with the name ${name} and version ${version} in zone ${zone}`);
    return { ...inputs, id: `${zone}/${os}`, osId: `${zone}/${os}` };
  }

  async attempts<Result>(call: () => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await call();
      } catch (error) {
        if (!isPassing(error) || attempt >= attempts) throw error;
        await setTimeout(20);
      }
    }
  }

  word(error: unknown, call: Call): string {
    return wordScaleway(error, call);
  }

  #plain(type: string, inputs: Properties): Properties {
    if (!Object.values(collections).includes(type))
      throw new Error(`this fake has no ${type}: add it to test/fakes/scaleway/provider.ts`);
    return { ...inputs };
  }

  async #delivered(id: string, inputs: Properties): Promise<Properties> {
    const { offer, os, hostname, cloudInit, sshKeyIds, options, privateNetworks } = server.parse(inputs);
    if (privateNetworks.length > 0 && !options.some((option) => option.id === privateNetworkOption))
      throw new Error("private network option needs to be enabled in order to attach a private network");
    if (machineNamed(lastOf(offer), "scaleway")?.state !== "offered")
      throw new Error(`cloud-init is not available for offer ${lastOf(offer)}`);
    const loginKey = String(this.#things.get(sshKeyIds[0] ?? "")?.outputs.publicKey ?? "");
    this.#servers += 1;
    const octet = (this.#servers % 250) + 1;
    const [network] = privateNetworks;
    const real = await this.#machines.create({
      ...{ id, name: hostname, image: lastOf(os), userData: cloudInit, loginKey },
      account: scalewayImage(lastOf(os))?.user ?? "root",
      ...(network === undefined ? {} : { network: { segment: network.id, address: `10.70.0.${octet}/24` } }),
    });
    const { address = `198.51.100.${octet}`, privateAddress = `10.70.0.${octet}` } = real ?? {};
    return {
      ...inputs,
      privateNetworks: privateNetworks.map((joined) => ({ ...joined, vlan: 1_000 + octet, status: "attached" })),
      ipv4s: [{ id: randomUUID(), version: "IPv4", address, reverse: "" }],
      privateIps: [
        { id: randomUUID(), address: `fd5f:519c:6d46::${octet}` },
        { id: randomUUID(), address: privateAddress },
      ],
    };
  }
}

function lastOf(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}
