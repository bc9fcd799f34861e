import { escapeXml, parseXml, type XmlElement } from "../../../infra/providers/opennebula/xml-document.ts";

/** One attribute of a template: text, or a vector of attributes that have text. */
export interface Attribute {
  readonly name: string;
  readonly value: string | ReadonlyMap<string, string>;
}

/** What OpenNebula says of a template that it cannot read. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
}

/**
 * Attributes of a template, in XML or in OpenNebula's own syntax, as `Template::parse_str_or_xml` reads them. Names are
 * upper case. Throws where it is neither.
 */
export function parseTemplate(text: string): Attribute[] {
  const trimmed = text.trim();
  if (trimmed === "") return [];
  if (trimmed.startsWith("<")) return fromXml(trimmed);
  return fromSyntax(text);
}

function fromXml(text: string): Attribute[] {
  let root: XmlElement;
  try {
    root = parseXml(text);
  } catch (error) {
    throw new TemplateError(`Error parsing XML template: ${error instanceof Error ? error.message : String(error)}`);
  }
  return root.children.map(({ name, text: own, children }) => ({
    name: name.toUpperCase(),
    value:
      children.length === 0
        ? own
        : new Map(children.map((one): [string, string] => [one.name.toUpperCase(), one.text])),
  }));
}

const space = /(?:\s|#[^\n]*\n?)*/y;
const nameAndSign = /([A-Za-z_][\w\-.@]*)\s*=[ \t]*/y;
const quoted = /"((?:[^"\\]|\\[\s\S])*)"/y;
const bare = /[^\s,\]"][^\n,\]]*/y;
const line = /[^\n]*/y;

/** A reader of OpenNebula's syntax: `NAME = "value"`, `NAME = value`, `NAME = [ A = "x", B = y ]`, `# words`. */
function fromSyntax(text: string): Attribute[] {
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  const bad = (): TemplateError =>
    new TemplateError(`syntax error at line ${text.slice(0, at).split("\n").length}: ${text.slice(at, at + 20)}`);
  const value = (otherwise: RegExp): string => {
    const inQuotes = take(quoted);
    if (inQuotes !== null) return (inQuotes[1] ?? "").replace(/\\(["\\])/g, "$1");
    return (take(otherwise)?.[0] ?? "").trim();
  };
  const vector = (): ReadonlyMap<string, string> => {
    const pairs = new Map<string, string>();
    for (;;) {
      take(space);
      if (take(/\]/y) !== null) return pairs;
      const name = take(nameAndSign)?.[1];
      if (name === undefined) throw bad();
      pairs.set(name.toUpperCase(), value(bare));
      take(space);
      take(/,/y);
    }
  };
  const found: Attribute[] = [];
  for (take(space); at < text.length; take(space)) {
    const name = take(nameAndSign)?.[1]?.toUpperCase();
    if (name === undefined) throw bad();
    found.push({ name, value: take(/\s*\[/y) === null ? value(line) : vector() });
  }
  return found;
}

/** The text of the first attribute of that name; undefined where there is none with text. */
export function textOf(attributes: readonly Attribute[], name: string): string | undefined {
  const found = attributes.find((one) => one.name === name)?.value;
  return typeof found === "string" ? found : undefined;
}

/** The vectors of that name. */
export function vectorsOf(attributes: readonly Attribute[], name: string): readonly ReadonlyMap<string, string>[] {
  return attributes.flatMap(({ name: one, value }) => (one === name && typeof value !== "string" ? [value] : []));
}

/** The attributes without those of these names. */
export function without(attributes: readonly Attribute[], ...names: readonly string[]): Attribute[] {
  return attributes.filter(({ name }) => !names.includes(name));
}

/** The attributes with others in place of those of the same names (`Template::merge`). */
export function merged(attributes: readonly Attribute[], others: readonly Attribute[]): Attribute[] {
  return [...without(attributes, ...others.map(({ name }) => name)), ...others];
}

/** The attributes with one text in place of all of its name. */
export function withText(attributes: readonly Attribute[], name: string, value: string | number): Attribute[] {
  return merged(attributes, [{ name, value: String(value) }]);
}

/** An element with what is inside, which is XML already. */
export function tag(name: string, inside: string | readonly string[]): string {
  return `<${name}>${typeof inside === "string" ? inside : inside.join("")}</${name}>`;
}

/** An element with text. */
export function textTag(name: string, text: string | number): string {
  return tag(name, escapeXml(String(text)));
}

/** Attributes as the XML of a document. Values stand in CDATA, as OpenNebula has them. */
export function attributesXml(name: string, attributes: readonly Attribute[]): string {
  const cdata = (text: string) => `<![CDATA[${text.replaceAll("]]>", "]]]]><![CDATA[>")}]]>`;
  const inside = attributes.map((one) => {
    if (typeof one.value === "string") return tag(one.name, cdata(one.value));
    return tag(
      one.name,
      [...one.value].map(([key, value]) => tag(key, cdata(value))),
    );
  });
  return tag(name, inside);
}

/** A list of numbers such as `<HOSTS><ID>1</ID></HOSTS>`. */
export function idsXml(name: string, ids: Iterable<number>): string {
  return tag(
    name,
    [...ids].map((id) => textTag("ID", id)),
  );
}
