import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { templateXml } from "../../../infra/providers/opennebula/template.ts";
import { parseXml } from "../../../infra/providers/opennebula/xml-document.ts";
import { attributesXml, merged, parseTemplate, textOf } from "./attributes.ts";

const name = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,8}$/);
const words = fc
  .string({ unit: "binary" })
  .filter((text) => !/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text));

describe("templates in the fake", () => {
  test("come back as the client wrote them, whatever their values hold", () => {
    fc.assert(
      fc.property(
        fc.dictionary(name, fc.oneof(words, fc.dictionary(name, words, { minKeys: 1 })), { minKeys: 1 }),
        (given) => {
          const wanted = Object.entries(given).map(([key, value]) => ({
            name: key,
            value: typeof value === "string" ? value : new Map(Object.entries(value)),
          }));
          expect(parseTemplate(templateXml(given))).toEqual(wanted);
          const again = parseTemplate(attributesXml("TEMPLATE", wanted).replaceAll("\r", "&#13;"));
          if (!JSON.stringify(given).includes("\\r")) expect(again).toEqual(wanted);
        },
      ),
    );
  });

  test("are read in OpenNebula's own syntax", () => {
    const text = `
      # a comment
      name = "with \\"quotes\\" and \\\\"
      MEMORY=512
      CONTEXT = [ NETWORK = YES, # why
        START_SCRIPT = "echo one
echo two", A=b ]
      NIC=[NETWORK="x"]
      NIC=[NETWORK="y"]
    `;
    expect(parseTemplate(text)).toEqual([
      { name: "NAME", value: 'with "quotes" and \\' },
      { name: "MEMORY", value: "512" },
      {
        name: "CONTEXT",
        value: new Map([
          ["NETWORK", "YES"],
          ["START_SCRIPT", "echo one\necho two"],
          ["A", "b"],
        ]),
      },
      { name: "NIC", value: new Map([["NETWORK", "x"]]) },
      { name: "NIC", value: new Map([["NETWORK", "y"]]) },
    ]);
  });

  test.each(["NAME", "= 1", "NIC = [ A", "NIC = [ = 2 ]", "<TEMPLATE><A></TEMPLATE>", "NAME = 1\n???"])(
    "are refused where they are none: %j",
    (text) => {
      expect(() => parseTemplate(text)).toThrow(/syntax error|XML/);
    },
  );

  test("take the place of attributes of the same name", () => {
    const both = merged(parseTemplate("A = 1\nB = 2"), parseTemplate("B = 3\nC = 4"));
    expect(both.map((one) => [one.name, textOf([one], one.name)])).toEqual([
      ["A", "1"],
      ["B", "3"],
      ["C", "4"],
    ]);
    expect(parseXml(attributesXml("T", parseTemplate('A = "]]>"')))).toMatchObject({ children: [{ text: "]]>" }] });
  });
});
