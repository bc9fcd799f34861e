import { childOf, childrenOf, escapeXml, parseXml, type XmlElement } from "./xml-document.ts";

/** A value of XML-RPC. A whole number travels as `i4`, or as `i8` where 32 bits do not hold it; any other as `double`. */
export type XmlRpcValue = string | number | boolean | readonly XmlRpcValue[] | { readonly [name: string]: XmlRpcValue };

/** What an XML-RPC server answered: a value, or a fault, which is its word for a call that it could not even begin. */
export type XmlRpcReply =
  | { readonly kind: "value"; readonly value: XmlRpcValue }
  | { readonly kind: "fault"; readonly code: number; readonly text: string };

/** The document of a call. Format: the XML-RPC specification, with the `i8` of xmlrpc-c. */
export function encodeCall(method: string, parameters: readonly XmlRpcValue[]): string {
  const params = parameters.map((one) => `<param>${encodeValue(one)}</param>`).join("");
  return `<?xml version="1.0" encoding="UTF-8"?>\n<methodCall><methodName>${escapeXml(method)}</methodName><params>${params}</params></methodCall>\n`;
}

/** What a server answered. Throws where the document is not an answer of XML-RPC. */
export function decodeReply(text: string): XmlRpcReply {
  const root = parseXml(text);
  if (root.name !== "methodResponse") throw new Error(`<${root.name}> is not an answer of XML-RPC`);
  const fault = childOf(root, "fault");
  if (fault !== undefined) return faultOf(decodeValue(only(fault, "value")));
  return { kind: "value", value: decodeValue(only(only(only(root, "params"), "param"), "value")) };
}

function faultOf(value: XmlRpcValue): XmlRpcReply {
  const { faultCode, faultString } = isStruct(value) ? value : {};
  if (typeof faultCode !== "number" || typeof faultString !== "string")
    throw new Error("a fault without code and text");
  return { kind: "fault", code: faultCode, text: faultString };
}

function isStruct(value: XmlRpcValue): value is { readonly [name: string]: XmlRpcValue } {
  return typeof value === "object" && !Array.isArray(value);
}

/** The `<value>` of a value. Throws for numbers that are not finite and for text that XML cannot carry. */
export function encodeValue(value: XmlRpcValue): string {
  return `<value>${encodeTyped(value)}</value>`;
}

function encodeTyped(value: XmlRpcValue): string {
  if (typeof value === "string") return `<string>${escapeXml(value)}</string>`;
  if (typeof value === "boolean") return `<boolean>${value ? 1 : 0}</boolean>`;
  if (typeof value === "number") return encodeNumber(value);
  if (isList(value)) return `<array><data>${value.map(encodeValue).join("")}</data></array>`;
  const members = Object.entries(value).map(
    ([name, one]) => `<member><name>${escapeXml(name)}</name>${encodeValue(one)}</member>`,
  );
  return `<struct>${members.join("")}</struct>`;
}

function isList(value: XmlRpcValue): value is readonly XmlRpcValue[] {
  return Array.isArray(value);
}

function encodeNumber(value: number): string {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    return value >= -(2 ** 31) && value < 2 ** 31 ? `<i4>${value}</i4>` : `<i8>${value}</i8>`;
  }
  if (!Number.isFinite(value)) throw new RangeError(`XML-RPC cannot carry the number ${value}`);
  // Because the specification knows neither exponents nor a number without digits on both sides of the point.
  const text = Object.is(value, -0) ? "-0.0" : decimal(value);
  return `<double>${text}</double>`;
}

function decimal(value: number): string {
  const text = String(value);
  if (!text.includes("e")) return text.includes(".") ? text : `${text}.0`;
  const [digits = "", exponent = "0"] = text.replace(/^-/, "").split("e");
  const [whole = "", part = ""] = digits.split(".");
  const point = whole.length + Number(exponent);
  const all = `${whole}${part}`;
  const sign = value < 0 ? "-" : "";
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${all}`;
  return `${sign}${all.padEnd(point, "0").slice(0, point)}.${all.slice(point) || "0"}`;
}

/** The value of a `<value>`. Throws for an unknown type and for text that is not of its type. */
export function decodeValue(element: XmlElement): XmlRpcValue {
  const [typed, ...more] = element.children;
  if (typed === undefined) return element.text;
  if (more.length > 0) throw new Error(`a value of two types: ${typed.name} and ${more[0]?.name}`);
  const decode = decoders.get(typed.name);
  if (decode === undefined) throw new Error(`<${typed.name}> is not a type of XML-RPC`);
  return decode(typed);
}

const decoders: ReadonlyMap<string, (element: XmlElement) => XmlRpcValue> = new Map([
  ["string", ({ text }: XmlElement): XmlRpcValue => text],
  ["int", whole],
  ["i4", whole],
  ["i8", whole],
  ["double", double],
  ["boolean", truth],
  ["array", list],
  ["struct", struct],
]);

function whole({ name, text }: XmlElement): number {
  const value = Number(text.trim());
  if (!/^[+-]?\d+$/.test(text.trim()) || !Number.isSafeInteger(value))
    throw new Error(`${show(text)} is not an ${name}`);
  return value;
}

function double({ text }: XmlElement): number {
  const value = Number(text.trim());
  if (!/^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text.trim()) || !Number.isFinite(value))
    throw new Error(`${show(text)} is not a double`);
  return value;
}

function truth({ text }: XmlElement): boolean {
  if (text.trim() === "1") return true;
  if (text.trim() === "0") return false;
  throw new Error(`${show(text)} is not a boolean`);
}

function list(element: XmlElement): readonly XmlRpcValue[] {
  return childrenOf(only(element, "data"), "value").map(decodeValue);
}

function struct(element: XmlElement): XmlRpcValue {
  const members = childrenOf(element, "member").map((one): [string, XmlRpcValue] => [
    only(one, "name").text,
    decodeValue(only(one, "value")),
  ]);
  // Because a member may be called `__proto__`, which an object literal would obey.
  return Object.fromEntries(members);
}

function only(element: XmlElement, name: string): XmlElement {
  const found = childOf(element, name);
  if (found === undefined) throw new Error(`<${element.name}> has no <${name}>`);
  return found;
}

function show(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}
