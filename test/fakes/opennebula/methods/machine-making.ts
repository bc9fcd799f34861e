import { type Attribute, textOf, without } from "../attributes.ts";
import type { MethodCall } from "../method.ts";
import { leasesOf } from "../object-document.ts";
import { checkQuota } from "../quota.ts";
import { notAllocated } from "../refusal.ts";
import { type FakeVm, nextId, nowOf } from "../world.ts";

const kind = "virtual machine";

// Because OpenNebula keeps apart what it understands; everything else is the user's.
const understood = new Set(
  "CPU MEMORY VCPU DISK NIC CONTEXT OS GRAPHICS FEATURES INPUT RAW CPU_MODEL TOPOLOGY PCI TEMPLATE_ID VMID".split(" "),
);

/** Makes a machine of a template, or refuses it as OpenNebula does. */
export function makeMachine(call: MethodCall, template: readonly Attribute[], hold: boolean): FakeVm {
  const { world, user } = call;
  for (const name of ["CPU", "MEMORY"]) {
    const value = Number(textOf(template, name) ?? Number.NaN);
    if (!(value > 0))
      throw notAllocated(call.method, kind, `${name} attribute must be a positive float or integer value`);
  }
  const id = nextId(world, world.vms);
  const known =
    world.version.startsWith("5.") || world.version.startsWith("6.0")
      ? understood
      : new Set([...understood, "SCHED_ACTION"]);
  const vm: FakeVm = {
    ...{
      id,
      name: textOf(template, "NAME") ?? `one-${id}`,
      uid: user.id,
      gid: user.groups[0] ?? 1,
      born: nowOf(world),
    },
    ...{ state: hold ? 2 : 1, lcm: 0, host: undefined, ended: 0, nextSchedule: 0, fate: undefined },
    attributes: [
      ...placed(
        call,
        template.filter(({ name }) => known.has(name)),
      ),
      { name: "VMID", value: String(id) },
    ],
    user: template.filter(({ name }) => !known.has(name) && name !== "NAME"),
  };
  checkQuota(world, user, { method: call.method, vm });
  Object.assign(vm, { fate: world.script.fates.shift() });
  vm.attributes = [...without(vm.attributes, "SCHED_ACTION"), ...numbered(vm, only(vm.attributes))];
  vm.user = [...without(vm.user, "SCHED_ACTION"), ...numbered(vm, only(vm.user))];
  world.vms.set(id, vm);
  return vm;
}

function only(attributes: readonly Attribute[]): Attribute[] {
  return attributes.filter(({ name }) => name === "SCHED_ACTION");
}

/** Scheduled actions with numbers of their own; everything else as it is. */
export function numbered(vm: FakeVm, attributes: readonly Attribute[]): Attribute[] {
  return attributes.map((one) => {
    if (one.name !== "SCHED_ACTION" || typeof one.value === "string") return one;
    const id = one.value.get("ID") ?? String(vm.nextSchedule++);
    return { name: one.name, value: new Map([["ID", id], ...one.value]) };
  });
}

/** The attributes with each card in its network and each disk of its image. */
function placed(call: MethodCall, attributes: readonly Attribute[]): Attribute[] {
  const cards: ReadonlyMap<string, string>[] = [];
  let disks = 0;
  return attributes.map((one): Attribute => {
    if (typeof one.value === "string") return one;
    if (one.name === "DISK") return newDisk(call, one.value, disks++);
    if (one.name !== "NIC") return one;
    const card = newCard(call, one.value, cards);
    if (typeof card.value !== "string") cards.push(card.value);
    return card;
  });
}

function newDisk(call: MethodCall, given: ReadonlyMap<string, string>, index: number): Attribute {
  const { images, datastores } = call.world;
  const wanted = given.get("IMAGE_ID");
  const image = [...images.values()].find((one) => String(one.id) === wanted || one.name === given.get("IMAGE"));
  if (image === undefined && given.get("TYPE") === undefined)
    throw notAllocated(
      call.method,
      kind,
      `User ${call.user.id} does not own an image with name: ${given.get("IMAGE") ?? wanted}.`,
    );
  const source =
    image === undefined
      ? []
      : ([
          ["IMAGE_ID", String(image.id)],
          ["IMAGE", image.name],
          ["DATASTORE", datastores.get(image.datastore)?.name ?? ""],
        ] as const);
  return {
    name: "DISK",
    value: new Map([
      ...given,
      ...source,
      ["DISK_ID", String(index)],
      ["SIZE", String(image?.size ?? given.get("SIZE") ?? 0)],
    ]),
  };
}

/** A card in the network that it names, with a free address of that. */
export function newCard(
  call: MethodCall,
  given: ReadonlyMap<string, string>,
  others: readonly ReadonlyMap<string, string>[],
): Attribute {
  const { world } = call;
  const network = [...world.networks.values()].find(
    (one) => String(one.id) === given.get("NETWORK_ID") || one.name === given.get("NETWORK"),
  );
  if (network === undefined)
    throw notAllocated(
      call.method,
      kind,
      `User ${call.user.id} does not own a network with name: ${given.get("NETWORK")}.`,
    );
  const used = new Set([...leasesOf(world, network.id), ...others.map((one) => one.get("IP") ?? "")]);
  const free = network.ranges.flatMap(({ first, size }) => addresses(first, size)).find((one) => !used.has(one));
  if (free === undefined)
    throw notAllocated(call.method, kind, `Cannot get IP/MAC lease from virtual network ${network.id}.`);
  const mac = `02:00:${free
    .split(".")
    .map((part) => Number(part).toString(16).padStart(2, "0"))
    .join(":")}`;
  const id = Math.max(-1, ...others.map((one) => Number(one.get("NIC_ID")))) + 1;
  return {
    name: "NIC",
    value: new Map([
      ...given,
      ["NIC_ID", String(id)],
      ["NETWORK", network.name],
      ["NETWORK_ID", String(network.id)],
      ["IP", free],
      ["MAC", mac],
      ["AR_ID", "0"],
      ["BRIDGE", `onebr.${network.id}`],
    ]),
  };
}

function addresses(first: string, size: number): readonly string[] {
  const number = first.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return Array.from({ length: size }, (_, index) =>
    [24, 16, 8, 0].map((shift) => Math.floor((number + index) / 2 ** shift) % 256).join("."),
  );
}
