import { type Attributes, templateXml } from "../template.ts";
import { childOf, type XmlElement } from "../xml-document.ts";
import { type Ask, numberAt, objectCalls, wordAt } from "./ask.ts";
import { readPool, whose } from "./pool.ts";

/** A template that machines are instantiated from. */
export interface VmTemplate {
  readonly id: number;
  readonly name: string;
  /** Epoch seconds. */
  readonly registered: number;
  /** Its attributes, as they stand in the document. */
  readonly template: XmlElement;
}

/** How a machine is made of a template. */
export interface Instantiation {
  /** Name of the machine. */
  readonly name: string;
  /** Attributes that take the place of the template's own of the same name. */
  readonly extra: Attributes;
}

/** The calls on templates of machines. */
export function templateCalls(ask: Ask) {
  return {
    ...objectCalls(ask, "template"),
    allocate: (template: Attributes) => ask.id("one.template.allocate", templateXml(template)),
    info: async (id: number) => decodeTemplate(await ask.document("one.template.info", id)),
    /** All that the user may see. */
    pool: async () =>
      (
        await readPool(ask, { method: "one.templatepool.info", element: "VMTEMPLATE", filter: whose.all, more: [] })
      ).map(decodeTemplate),
    /** One call makes the machine with everything that is known of it: nothing is added afterwards. */
    instantiate: (id: number, { name, extra }: Instantiation) =>
      ask.id("one.template.instantiate", id, name, false, templateXml(extra), false),
    clone: (id: number, name: string) => ask.id("one.template.clone", id, name, false),
  };
}

function decodeTemplate(element: XmlElement): VmTemplate {
  const template = childOf(element, "TEMPLATE") ?? { name: "TEMPLATE", text: "", children: [] };
  return {
    id: numberAt(element, "ID"),
    name: wordAt(element, "NAME"),
    registered: numberAt(element, "REGTIME"),
    template,
  };
}
