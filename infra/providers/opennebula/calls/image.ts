import { type Attributes, templateXml } from "../template.ts";
import { textAt, type XmlElement } from "../xml-document.ts";
import { type Ask, numberAt, objectCalls, wordAt } from "./ask.ts";
import { readPool, whose } from "./pool.ts";

/** States of an image by their numbers (`Image.h`). */
export const imageStates = [
  ...["INIT", "READY", "USED", "DISABLED", "LOCKED", "ERROR", "CLONE", "DELETE", "USED_PERS", "LOCKED_USED"],
  "LOCKED_USED_PERS",
] as const;

/** A disk image of OpenNebula. */
export interface OpenNebulaImage {
  readonly id: number;
  readonly name: string;
  /** OpenNebula's word, such as `READY` or `LOCKED`: locked while it is fetched. */
  readonly state: string;
  /** MiB. */
  readonly sizeMiB: number;
  readonly datastore: number;
  /** Epoch seconds. */
  readonly registered: number;
  /** Where it lies in its datastore: another path for each image that was ever made. */
  readonly source: string;
  /** What its making said went wrong; empty for nothing. */
  readonly error: string;
}

/** The calls on images. */
export function imageCalls(ask: Ask) {
  return {
    ...objectCalls(ask, "image"),
    /** Fetched in the background: it is locked until then. */
    allocate: (template: Attributes, datastore: number) =>
      ask.id("one.image.allocate", templateXml(template), datastore),
    info: async (id: number) => decodeImage(await ask.document("one.image.info", id)),
    /** All that the user may see. */
    pool: async () =>
      (await readPool(ask, { method: "one.imagepool.info", element: "IMAGE", filter: whose.all, more: [] })).map(
        decodeImage,
      ),
  };
}

function decodeImage(element: XmlElement): OpenNebulaImage {
  return {
    ...{ id: numberAt(element, "ID"), name: wordAt(element, "NAME") },
    state: imageStates[numberAt(element, "STATE")] ?? "ERROR",
    ...{ sizeMiB: numberAt(element, "SIZE"), datastore: numberAt(element, "DATASTORE_ID") },
    ...{ registered: numberAt(element, "REGTIME"), source: textAt(element, "SOURCE") ?? "" },
    error: textAt(element, "TEMPLATE/ERROR") ?? "",
  };
}
