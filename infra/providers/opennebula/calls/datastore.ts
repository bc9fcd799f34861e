import { type Attributes, templateXml } from "../template.ts";
import { childrenOf, type XmlElement } from "../xml-document.ts";
import { type Ask, numberAt, objectCalls, wordAt } from "./ask.ts";

/** Types of a datastore by their numbers (`Datastore.h`). */
export const datastoreTypes = ["image", "system", "file", "backup"] as const;

/** Where images lie (`image`), or the disks of machines (`system`). */
export interface Datastore {
  readonly id: number;
  readonly name: string;
  readonly type: (typeof datastoreTypes)[number];
  readonly freeMiB: number;
}

/** The calls on datastores. */
export function datastoreCalls(ask: Ask) {
  return {
    ...objectCalls(ask, "datastore"),
    /** In a cluster, or in OpenNebula's own (0) for -1. */
    allocate: (template: Attributes, cluster: number) =>
      ask.id("one.datastore.allocate", templateXml(template), cluster),
    info: async (id: number) => decodeDatastore(await ask.document("one.datastore.info", id)),
    pool: async () => childrenOf(await ask.document("one.datastorepool.info"), "DATASTORE").map(decodeDatastore),
  };
}

function decodeDatastore(element: XmlElement): Datastore {
  return {
    ...{ id: numberAt(element, "ID"), name: wordAt(element, "NAME"), freeMiB: numberAt(element, "FREE_MB") },
    type: datastoreTypes[numberAt(element, "TYPE")] ?? "file",
  };
}
