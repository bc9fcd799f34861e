import { SaxesParser } from "saxes";

/** One element of a document: its own text, trimmed of nothing, and its children in order. */
export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** How much of a document is read before it is refused. */
export interface XmlLimits {
  /** Elements within elements; OpenNebula's own documents stay below 10. */
  readonly depth: number;
  readonly elements: number;
}

const usualLimits: XmlLimits = { depth: 64, elements: 4_000_000 };

interface Growing {
  readonly name: string;
  text: string;
  readonly children: Growing[];
}

/**
 * The root element of a document. Attributes are dropped, because OpenNebula uses none. Throws where the document is not
 * well-formed, declares a type or entities (which are how small documents become huge), or goes over the limits.
 */
export function parseXml(text: string, limits: XmlLimits = usualLimits): XmlElement {
  const parser = new SaxesParser();
  const open: Growing[] = [];
  let root: Growing | undefined;
  let count = 0;
  const add = (more: string): void => {
    const top = open.at(-1);
    if (top !== undefined) top.text += more;
  };
  parser.on("doctype", () => {
    throw new Error("the document declares a type, which OpenNebula's never do");
  });
  parser.on("opentag", ({ name }) => {
    count += 1;
    if (count > limits.elements) throw new Error(`the document has more than ${limits.elements} elements`);
    if (open.length >= limits.depth) throw new Error(`elements lie more than ${limits.depth} deep in each other`);
    const element: Growing = { name, text: "", children: [] };
    if (open.length === 0) root = element;
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on("closetag", () => {
    open.pop();
  });
  parser.on("text", add);
  parser.on("cdata", add);
  parser.write(text).close();
  if (root === undefined) throw new Error("the document has no element");
  return root;
}

/** The first child of that name. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((one) => one.name === name);
}

/** Every child of that name. */
export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((one) => one.name === name) ?? [];
}

/** The element that a path of names leads to, such as `TEMPLATE/CONTEXT`. */
export function elementAt(element: XmlElement | undefined, path: string): XmlElement | undefined {
  return path.split("/").reduce((at, name) => childOf(at, name), element);
}

/** The text that a path of names leads to; undefined where there is no such element. */
export function textAt(element: XmlElement | undefined, path: string): string | undefined {
  return elementAt(element, path)?.text;
}

// Because these cannot be said in XML 1.0 at all, not even as references.
const unspeakable = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Text for the inside of an element, which every reader gives back as it was. Throws where XML has no way to say it. */
export function escapeXml(text: string): string {
  const found = unspeakable.exec(text);
  if (found !== null) {
    const code = found[0].charCodeAt(0).toString(16).padStart(4, "0");
    throw new RangeError(`XML cannot carry the character U+${code.toUpperCase()} at ${found.index} of a text`);
  }
  return text.replace(/[&<>\r]/g, (one) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[one] ?? "&#13;");
}
