import type { Caller } from "../caller.ts";
import { openNebulaError } from "../failures.ts";
import { type Attributes, templateXml } from "../template.ts";
import { parseXml, textAt, type XmlElement } from "../xml-document.ts";
import type { XmlRpcValue } from "../xml-rpc.ts";

/** The calls of one piece of work: all of them end with its signal. */
export interface Ask {
  /** For methods that answer with the number of an object. */
  id(method: string, ...parameters: readonly XmlRpcValue[]): Promise<number>;
  /** For methods that answer with a document. */
  document(method: string, ...parameters: readonly XmlRpcValue[]): Promise<XmlElement>;
  /** For methods that answer with a word. */
  word(method: string, ...parameters: readonly XmlRpcValue[]): Promise<string>;
}

/** The calls of a caller under one signal. */
export function askWith(caller: Caller, signal: AbortSignal): Ask {
  return {
    id: (method, ...parameters) => caller.id(method, parameters, signal),
    word: (method, ...parameters) => caller.text(method, parameters, signal),
    document: async (method, ...parameters) => {
      const text = await caller.text(method, parameters, signal);
      try {
        return parseXml(text);
      } catch (cause) {
        throw unreadable(method, cause instanceof Error ? cause.message : String(cause), cause);
      }
    },
  };
}

/** Whether an update takes the place of all attributes, or of those alone that it names. The numbers are OpenNebula's. */
export const updateModes = { replace: 0, merge: 1 } as const;

/** The calls that every kind of object has. `kind` is the middle of the method's name, such as `vm`. */
export function objectCalls(ask: Ask, kind: string) {
  return {
    delete: (id: number) => ask.id(`one.${kind}.delete`, id),
    rename: (id: number, name: string) => ask.id(`one.${kind}.rename`, id, name),
    update: (id: number, attributes: Attributes, mode: keyof typeof updateModes) =>
      ask.id(`one.${kind}.update`, id, templateXml(attributes), updateModes[mode]),
  };
}

/** The whole number at a path of a document. Throws where there is none. */
export function numberAt(element: XmlElement, path: string): number {
  const text = textAt(element, path)?.trim() ?? "";
  const value = Number(text);
  if (text !== "" && Number.isFinite(value)) return value;
  throw unreadable(element.name, `${path} is ${JSON.stringify(text)}, where a number should be`);
}

/** The text at a path of a document. Throws where there is no such element. */
export function wordAt(element: XmlElement, path: string): string {
  const text = textAt(element, path);
  if (text !== undefined) return text;
  throw unreadable(element.name, `it has no ${path}`);
}

/** The numbers below a path, such as `HOSTS/ID`; none where nothing is there. */
export function numbersAt(element: XmlElement, list: string): readonly number[] {
  const found = element.children.find(({ name }) => name === list)?.children ?? [];
  return found.filter(({ name }) => name === "ID").map((one) => numberAt({ ...one, children: [one] }, "ID"));
}

function unreadable(what: string, why: string, cause?: unknown): Error {
  return openNebulaError("opennebula-unreadable", `${what}: ${why}.`, cause);
}
