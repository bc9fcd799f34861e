import { merged, vectorsOf, without, withText } from "../attributes.ts";
import {
  adminOnly,
  boolean,
  int,
  type Method,
  type MethodCall,
  method,
  objectAt,
  ownerOnly,
  string,
} from "../method.ts";
import { appXml, datastoreXml, imageXml, networkTemplateXml, networkXml, templateXml } from "../object-document.ts";
import { noExists, notAllocated, Refusal } from "../refusal.ts";
import type { FakeDatastore, FakeImage, FakeNetwork, FakeObject, FakeWorld } from "../world.ts";
import { makeMachine } from "./machine-making.ts";
import { born, type ObjectKind, objectMethods, templateAt } from "./object.ts";

const pool = (name: string, element: string, paged = true) => ({ method: `one.${name}.info`, element, paged });

const templates: ObjectKind<FakeObject> = {
  ...{
    prefix: "template",
    kind: "virtual machine template",
    right: "TEMPLATE",
    pool: pool("templatepool", "VMTEMPLATE_POOL"),
  },
  all: ({ templates: all }: FakeWorld) => all,
  xml: templateXml,
};
const networkTemplates: ObjectKind<FakeObject> = {
  ...{
    prefix: "vntemplate",
    kind: "virtual network template",
    right: "VNTEMPLATE",
    pool: pool("vntemplatepool", "VNTEMPLATE_POOL"),
  },
  all: ({ networkTemplates: all }: FakeWorld) => all,
  xml: networkTemplateXml,
};
const images: ObjectKind<FakeImage> = {
  ...{ prefix: "image", kind: "image", right: "IMAGE", pool: pool("imagepool", "IMAGE_POOL") },
  all: ({ images: all }: FakeWorld) => all,
  xml: imageXml,
};
const networks: ObjectKind<FakeNetwork> = {
  ...{ prefix: "vn", kind: "virtual network", right: "NET", pool: pool("vnpool", "VNET_POOL") },
  all: ({ networks: all }: FakeWorld) => all,
  xml: networkXml,
};
const datastores: ObjectKind<FakeDatastore> = {
  ...{
    prefix: "datastore",
    kind: "datastore",
    right: "DATASTORE",
    pool: pool("datastorepool", "DATASTORE_POOL", false),
  },
  all: ({ datastores: all }: FakeWorld) => all,
  xml: datastoreXml,
};
const apps: ObjectKind<FakeObject> = {
  ...{
    prefix: "marketapp",
    kind: "marketplaceapp",
    right: "MARKETPLACEAPP",
    pool: pool("marketapppool", "MARKETPLACEAPP_POOL"),
  },
  all: ({ apps: all }: FakeWorld) => all,
  xml: appXml,
};

function allocateInto<One extends FakeObject>(
  of: ObjectKind<One>,
  make: (object: FakeObject, call: MethodCall) => One,
): Method["run"] {
  return (call) => {
    const all = of.all(call.world);
    const object = make(born(call, { kind: of.kind, all }, templateAt(call, 0)), call);
    all.set(object.id, object);
    return object.id;
  };
}

function instantiate(call: MethodCall): number {
  const template = objectAt(call, 0, { kind: templates.kind, all: call.world.templates });
  const given = templateAt(call, 3);
  const name = string(call, 1);
  const all = withText(merged(template.attributes, without(given, "NAME")), "TEMPLATE_ID", template.id);
  return makeMachine(call, name === "" ? all : withText(all, "NAME", name), boolean(call, 2)).id;
}

function cloneTemplate(call: MethodCall): number {
  const one = objectAt(call, 0, { kind: templates.kind, all: call.world.templates });
  const copy = born(
    call,
    { kind: templates.kind, all: call.world.templates },
    withText(one.attributes, "NAME", string(call, 1)),
  );
  call.world.templates.set(copy.id, copy);
  return copy.id;
}

function newImage(object: FakeObject, call: MethodCall): FakeImage {
  const datastore = objectAt(call, 1, { kind: "datastore", all: call.world.datastores });
  if (datastore.type === 1)
    throw notAllocated(call.method, "image", "New images can only be allocated in a files or image datastore.");
  const from = object.attributes.find(({ name }) => name === "FROM_APP")?.value;
  const app = typeof from === "string" ? call.world.apps.get(Number(from)) : undefined;
  if (from !== undefined && app === undefined)
    throw new Refusal(0x2000, `[${call.method}] Cannot determine image SIZE.`);
  const given = Number(object.attributes.find(({ name }) => name === "SIZE")?.value ?? Number.NaN);
  const size = app === undefined ? given : 2252;
  if (!(size > 0) && object.attributes.every(({ name }) => name !== "PATH"))
    throw notAllocated(call.method, "image", "No PATH nor SIZE in template for OS image.");
  return { ...object, state: 4, datastore: datastore.id, size: size > 0 ? size : 1024 };
}

function removeImage(call: MethodCall): number {
  const image = objectAt(call, 0, { kind: "image", all: call.world.images });
  ownerOnly(call, image, "MANAGE IMAGE");
  const used = [...call.world.vms.values()].some(
    (vm) =>
      vm.state !== 6 && vectorsOf(vm.attributes, "DISK").some((disk) => disk.get("IMAGE_ID") === String(image.id)),
  );
  if (used) throw new Refusal(0x0800, `[${call.method}] Cannot delete image. There are 1 VMs using it.`);
  call.world.images.delete(image.id);
  return image.id;
}

function rangesOf(attributes: readonly { readonly name: string; readonly value: unknown }[]): FakeNetwork["ranges"] {
  return attributes.flatMap(({ name, value }) =>
    name === "AR" && value instanceof Map ? [{ first: String(value.get("IP")), size: Number(value.get("SIZE")) }] : [],
  );
}

function joinCluster(call: MethodCall, id: number, list: "networks" | "datastores"): void {
  const wanted = call.parameters.length < 2 || int(call, 1) === -1 ? 0 : int(call, 1);
  const cluster = call.world.clusters.get(wanted);
  if (cluster === undefined) throw noExists(call.method, "cluster", wanted);
  cluster[list].add(id);
}

function newNetwork(object: FakeObject, call: MethodCall): FakeNetwork {
  adminOnly(call, "CREATE NET");
  if (object.attributes.every(({ name }) => name !== "VN_MAD"))
    throw new Refusal(0x2000, `[${call.method}] No VN_MAD in template for Virtual Network.`);
  joinCluster(call, object.id, "networks");
  return { ...object, attributes: without(object.attributes, "AR"), ranges: rangesOf(object.attributes) };
}

function newDatastore(object: FakeObject, call: MethodCall): FakeDatastore {
  adminOnly(call, "CREATE DATASTORE");
  const type = ["IMAGE_DS", "SYSTEM_DS", "FILE_DS"].indexOf(
    String(object.attributes.find(({ name }) => name === "TYPE")?.value ?? "IMAGE_DS"),
  );
  if (object.attributes.every(({ name }) => name !== "TM_MAD"))
    throw new Refusal(0x2000, `[${call.method}] No TM_MAD in template.`);
  joinCluster(call, object.id, "datastores");
  return { ...object, type: Math.max(0, type) };
}

/** The methods of templates, images, networks, datastores and apps. */
export const templateMethods: readonly [string, Method][] = [
  ...[...objectMethods(templates), ...objectMethods(networkTemplates), ...objectMethods(images)],
  ...[...objectMethods(networks), ...objectMethods(datastores), ...objectMethods(apps)],
  [
    "one.template.allocate",
    method(
      ["string"],
      allocateInto(templates, (object) => object),
    ),
  ],
  ["one.template.instantiate", method(["int", "string", "boolean", "string", "boolean"], instantiate, 2)],
  ["one.template.clone", method(["int", "string", "boolean"], cloneTemplate, 2)],
  [
    "one.vntemplate.allocate",
    method(
      ["string"],
      allocateInto(networkTemplates, (object) => object),
    ),
  ],
  ["one.image.allocate", method(["string", "int", "boolean"], allocateInto(images, newImage), 2)],
  ["one.image.delete", method(["int", "boolean"], removeImage, 1)],
  ["one.vn.allocate", method(["string", "int"], allocateInto(networks, newNetwork), 1)],
  [
    "one.vn.add_ar",
    method(["int", "string"], (call) => {
      const network = objectAt(call, 0, { kind: networks.kind, all: call.world.networks });
      adminOnly(call, `ADMIN NET [${network.id}]`);
      network.ranges.push(...rangesOf(templateAt(call, 1)));
      return network.id;
    }),
  ],
  ["one.datastore.allocate", method(["string", "int"], allocateInto(datastores, newDatastore), 1)],
];
