import { childrenOf, type XmlElement } from "../xml-document.ts";
import { type Ask, numberAt, numbersAt, objectCalls, wordAt } from "./ask.ts";

/** Hosts with the datastores and networks that their machines may use. */
export interface OpenNebulaCluster {
  readonly id: number;
  readonly name: string;
  readonly hosts: readonly number[];
  readonly datastores: readonly number[];
  readonly networks: readonly number[];
}

/** The calls on clusters. */
export function clusterCalls(ask: Ask) {
  const pair = (method: string) => (cluster: number, other: number) => ask.id(`one.cluster.${method}`, cluster, other);
  return {
    ...objectCalls(ask, "cluster"),
    allocate: (name: string) => ask.id("one.cluster.allocate", name),
    info: async (id: number) => decodeCluster(await ask.document("one.cluster.info", id)),
    pool: async () => childrenOf(await ask.document("one.clusterpool.info"), "CLUSTER").map(decodeCluster),
    ...{ addHost: pair("addhost"), removeHost: pair("delhost") },
    ...{ addDatastore: pair("adddatastore"), removeDatastore: pair("deldatastore") },
    ...{ addNetwork: pair("addvnet"), removeNetwork: pair("delvnet") },
  };
}

function decodeCluster(element: XmlElement): OpenNebulaCluster {
  return {
    ...{ id: numberAt(element, "ID"), name: wordAt(element, "NAME"), hosts: numbersAt(element, "HOSTS") },
    ...{ datastores: numbersAt(element, "DATASTORES"), networks: numbersAt(element, "VNETS") },
  };
}
