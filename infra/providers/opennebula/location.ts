import { backOff } from "../../ssh/deadline.ts";
import type { openNebulaFlow } from "./flow.ts";
import { ifThere } from "./host-pool.ts";
import type { OpenNebula } from "./open-nebula.ts";
import { serverError } from "./server-failures.ts";

/** What users of a location find there. Every name begins with that of the location. */
export interface LocationObjects {
  /** Name of the location, such as `edge-madrid`. */
  readonly name: string;
  /** Name of the app of a marketplace whose image is exported, such as `Debian 12`. */
  readonly app: string;
  /** Operating system that it is, such as `debian-12`: its template is found by that. */
  readonly os: string;
  /** Number of the datastore for the image. */
  readonly datastore: number;
  /** Number of the cluster of the network. */
  readonly cluster: number;
  /** First address of the network and how many follow. */
  readonly addresses: { readonly first: string; readonly count: number };
}

/** Numbers of the objects of a location. */
export interface MadeLocation {
  readonly image: number;
  readonly network: number;
  readonly networkTemplate: number;
  readonly template: number;
  readonly serviceTemplate: number;
}

/** What a location is made with. Milliseconds. */
export interface LocationTools {
  readonly one: OpenNebula;
  readonly flow: ReturnType<typeof openNebulaFlow>;
  readonly signal: AbortSignal;
  readonly pollMs: number;
  /** Until the image is fetched. */
  readonly deadlineMs: number;
}

/**
 * Makes the objects of a location, each verified by reading it back: an image exported from a marketplace, a network and
 * a template of one, a template of machines, and one of services. What an interrupted call made is found by its name and
 * used. Throws at the first that is not what it should be; {@link removeLocation} removes what there is.
 */
export async function makeLocation(tools: LocationTools, wanted: LocationObjects): Promise<MadeLocation> {
  const { one, flow } = tools;
  const { name } = wanted;
  const image = await exportedImage(tools, wanted);
  const network =
    (await one.networks.pool()).find((each) => each.name === name)?.id ??
    (await one.networks.allocate({ NAME: name, VN_MAD: "bridge", AR: rangeOf(wanted) }, wanted.cluster));
  if (!(await one.networks.info(network)).clusters.includes(wanted.cluster))
    throw notRight("network", network, `it is not in cluster ${wanted.cluster}`);
  const networkTemplate =
    (await one.networkTemplates.pool()).find((each) => each.name === name)?.id ??
    (await one.networkTemplates.allocate({ NAME: name, VN_MAD: "bridge", AR: rangeOf(wanted) }));
  await same("network template", networkTemplate, name, one.networkTemplates.info(networkTemplate));
  const template =
    (await one.templates.pool()).find((each) => each.name === name)?.id ??
    (await one.templates.allocate({
      ...{ NAME: name, EDGECERT_OS: wanted.os, CPU: 1, MEMORY: 1024, DISK: { IMAGE_ID: image } },
      ...{ NIC: { NETWORK_ID: network }, CONTEXT: { NETWORK: "YES", SSH_PUBLIC_KEY: "$USER[SSH_PUBLIC_KEY]" } },
    }));
  await same("template", template, name, one.templates.info(template));
  const roles = [
    { name: "frontend", cardinality: 1, template, parents: [] },
    { name: "node", cardinality: 2, template, parents: ["frontend"] },
  ];
  const serviceTemplate =
    (await flow.templates.list()).find((each) => each.name === name)?.id ?? (await flow.templates.create(name, roles));
  await same("service template", serviceTemplate, name, flow.templates.info(serviceTemplate));
  return { image, network, networkTemplate, template, serviceTemplate };
}

function rangeOf({ addresses }: LocationObjects) {
  return { TYPE: "IP4", IP: addresses.first, SIZE: addresses.count };
}

/** The image of an app, fetched: the export of OpenNebula's own clients is this call and no other. */
async function exportedImage(tools: LocationTools, { name, app, datastore }: LocationObjects): Promise<number> {
  const { one, signal, pollMs } = tools;
  const apps = await one.apps.pool();
  const found = apps.find((each) => each.name === app && each.state === "READY");
  if (found === undefined)
    throw serverError("opennebula-object-not-ready", `None of ${apps.length} marketplace apps is ${app} and ready.`);
  const id =
    (await one.images.pool()).find((each) => each.name === name)?.id ??
    (await one.images.allocate({ NAME: name, FROM_APP: found.id }, datastore));
  const until = performance.now() + tools.deadlineMs;
  for (let turn = 0; ; turn += 1) {
    const image = await one.images.info(id);
    if (/^(READY|USED)/.test(image.state)) return id;
    if (image.state === "ERROR" || performance.now() >= until)
      throw notRight("image", id, `it is in ${image.state}${image.error === "" ? "" : `: ${image.error}`}`);
    await backOff(Math.min(turn, 2), pollMs / 4, pollMs, signal);
  }
}

async function same(kind: string, id: number, name: string, look: Promise<{ readonly name: string }>): Promise<void> {
  const found = await look;
  if (found.name !== name) throw notRight(kind, id, `it is named ${JSON.stringify(found.name)}`);
}

function notRight(kind: string, id: number, why: string): Error {
  return serverError("opennebula-object-not-ready", `The ${kind} ${id}: ${why}.`);
}

/** Removes the objects of a location, users before what they use; what is gone is removed. */
export async function removeLocation(tools: Pick<LocationTools, "one" | "flow">, made: MadeLocation): Promise<void> {
  const { one, flow } = tools;
  await ifThere(flow.templates.delete(made.serviceTemplate));
  await ifThere(one.templates.delete(made.template));
  await ifThere(one.networkTemplates.delete(made.networkTemplate));
  await ifThere(one.networks.delete(made.network));
  await ifThere(one.images.delete(made.image));
}
