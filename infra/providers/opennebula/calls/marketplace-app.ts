import { textAt, type XmlElement } from "../xml-document.ts";
import { type Ask, numberAt, wordAt } from "./ask.ts";
import { readPool, whose } from "./pool.ts";

/** States of an app by their numbers (`MarketPlaceApp.h`). */
export const appStates = ["INIT", "READY", "LOCKED", "ERROR", "DISABLED"] as const;

/** Types of an app by their numbers. */
export const appTypes = ["unknown", "image", "vm-template", "service-template"] as const;

/** An image of a marketplace, with the templates that it brings. */
export interface MarketplaceApp {
  readonly id: number;
  readonly name: string;
  readonly state: (typeof appStates)[number];
  readonly type: (typeof appTypes)[number];
  /** MiB. */
  readonly sizeMiB: number;
  /** Attributes of its image, in OpenNebula's own syntax; empty for none. */
  readonly imageTemplate: string;
  /** Attributes of a machine that uses it; empty for none. */
  readonly machineTemplate: string;
}

/** The calls on apps of marketplaces. */
export function marketplaceAppCalls(ask: Ask) {
  return {
    info: async (id: number) => decodeApp(await ask.document("one.marketapp.info", id)),
    /** All that the user may see. */
    pool: async () => {
      const pool = { method: "one.marketapppool.info", element: "MARKETPLACEAPP", filter: whose.all, more: [] };
      return (await readPool(ask, pool)).map(decodeApp);
    },
  };
}

function decodeApp(element: XmlElement): MarketplaceApp {
  const decoded = (path: string) => Buffer.from(textAt(element, path) ?? "", "base64").toString("utf8");
  return {
    ...{ id: numberAt(element, "ID"), name: wordAt(element, "NAME"), sizeMiB: numberAt(element, "SIZE") },
    state: appStates[numberAt(element, "STATE")] ?? "ERROR",
    type: appTypes[numberAt(element, "TYPE")] ?? "unknown",
    ...{ imageTemplate: decoded("APPTEMPLATE64"), machineTemplate: decoded("TEMPLATE/VMTEMPLATE64") },
  };
}
