import { type Attributes, templateXml } from "../template.ts";
import type { XmlElement } from "../xml-document.ts";
import { type Ask, numberAt, numbersAt, objectCalls, wordAt } from "./ask.ts";
import { readPool, whose } from "./pool.ts";

/** A virtual network. */
export interface VirtualNetwork {
  readonly id: number;
  readonly name: string;
  readonly clusters: readonly number[];
  readonly usedLeases: number;
}

/** A template that networks are made of. */
export interface NetworkTemplate {
  readonly id: number;
  readonly name: string;
}

/** The calls on virtual networks. */
export function networkCalls(ask: Ask) {
  return {
    ...objectCalls(ask, "vn"),
    /** In a cluster, or in OpenNebula's own (0) for -1. */
    allocate: (template: Attributes, cluster: number) => ask.id("one.vn.allocate", templateXml(template), cluster),
    addRange: (id: number, range: Readonly<Record<string, string | number>>) =>
      ask.id("one.vn.add_ar", id, templateXml({ AR: range })),
    info: async (id: number) => decodeNetwork(await ask.document("one.vn.info", id)),
    /** All that the user may see. */
    pool: async () =>
      (await readPool(ask, { method: "one.vnpool.info", element: "VNET", filter: whose.all, more: [] })).map(
        decodeNetwork,
      ),
  };
}

/** The calls on templates of virtual networks. */
export function networkTemplateCalls(ask: Ask) {
  return {
    ...objectCalls(ask, "vntemplate"),
    allocate: (template: Attributes) => ask.id("one.vntemplate.allocate", templateXml(template)),
    info: async (id: number) => decodeNetworkTemplate(await ask.document("one.vntemplate.info", id)),
    /** All that the user may see. */
    pool: async () => {
      const pool = { method: "one.vntemplatepool.info", element: "VNTEMPLATE", filter: whose.all, more: [] };
      return (await readPool(ask, pool)).map(decodeNetworkTemplate);
    },
  };
}

function decodeNetwork(element: XmlElement): VirtualNetwork {
  return {
    ...{ id: numberAt(element, "ID"), name: wordAt(element, "NAME") },
    ...{ clusters: numbersAt(element, "CLUSTERS"), usedLeases: numberAt(element, "USED_LEASES") },
  };
}

function decodeNetworkTemplate(element: XmlElement): NetworkTemplate {
  return { id: numberAt(element, "ID"), name: wordAt(element, "NAME") };
}
