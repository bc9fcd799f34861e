import { escapeXml } from "./xml-document.ts";

/** A value of a template: text, or attributes of their own. Numbers are written as text. */
export type TemplateValue = string | number | { readonly [name: string]: string | number };

/** Attributes of a template by name; a name with a list stands as often as the list is long, such as `DISK`. */
export type Attributes = { readonly [name: string]: TemplateValue | readonly TemplateValue[] };

/**
 * A template in the XML that OpenNebula takes wherever it takes its own syntax (`Template::parse_str_or_xml`), since
 * there quotes and backslashes of values mean nothing. Throws for a name that OpenNebula could not give back.
 */
export function templateXml(attributes: Attributes): string {
  return `<TEMPLATE>${elements(attributes)}</TEMPLATE>`;
}

function elements(attributes: Attributes): string {
  return Object.entries(attributes)
    .flatMap(([name, value]) => (isList(value) ? value : [value]).map((one) => element(name, one)))
    .join("");
}

function isList(value: TemplateValue | readonly TemplateValue[]): value is readonly TemplateValue[] {
  return Array.isArray(value);
}

function element(name: string, value: TemplateValue): string {
  if (!/^[A-Z_][A-Z0-9_]*$/.test(name)) throw new RangeError(`${JSON.stringify(name)} is not a name of an attribute`);
  const inside = typeof value === "object" ? elements(value) : escapeXml(String(value));
  return `<${name}>${inside}</${name}>`;
}
