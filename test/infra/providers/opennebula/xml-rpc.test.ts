import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { escapeXml, parseXml, textAt } from "../../../../infra/providers/opennebula/xml-document.ts";
import {
  decodeReply,
  decodeValue,
  encodeCall,
  encodeValue,
  type XmlRpcValue,
} from "../../../../infra/providers/opennebula/xml-rpc.ts";

const speakable = fc
  .string({ unit: "binary" })
  .filter((text) => !/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text));
const { value } = fc.letrec<{ value: XmlRpcValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    speakable,
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie("value")),
    fc.dictionary(speakable, tie("value")),
  ),
}));

const reply = (inside: string) => `<?xml version="1.0"?><methodResponse>${inside}</methodResponse>`;
const answer = (typed: string) => reply(`<params><param><value>${typed}</value></param></params>`);

describe("the codec of XML-RPC", () => {
  test("gives back every value that it wrote", () => {
    fc.assert(
      fc.property(value, (one) => {
        expect(decodeValue(parseXml(encodeValue(one)))).toEqual(one);
      }),
    );
  });

  test("writes a call as the specification has it, with the words escaped", () => {
    expect(encodeCall("one.vm.info", ["a:<&>\r", 7, true, -1.5, 2 ** 40])).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<methodCall><methodName>one.vm.info</methodName><params>' +
        "<param><value><string>a:&lt;&amp;&gt;&#13;</string></value></param><param><value><i4>7</i4></value></param>" +
        "<param><value><boolean>1</boolean></value></param><param><value><double>-1.5</double></value></param>" +
        "<param><value><i8>1099511627776</i8></value></param></params></methodCall>\n",
    );
  });

  test.each(["bad\u0000", "half \ud800", "\udc00 half", "\uffff"])("refuses text that XML cannot carry: %j", (text) => {
    expect(() => escapeXml(text)).toThrow(/cannot carry the character U\+/);
  });

  test("a value without a type is a string, white space and all", () => {
    expect(decodeReply(answer(" two\nwords "))).toEqual({ kind: "value", value: " two\nwords " });
  });

  test("a member called __proto__ is a member", () => {
    const struct = "<struct><member><name>__proto__</name><value><i4>1</i4></value></member></struct>";
    const decoded = decodeReply(answer(struct));
    const members = decoded.kind === "value" ? Object.entries(decoded.value) : [];
    expect(members).toEqual([["__proto__", 1]]);
  });

  test("a fault has a code and a text", () => {
    const members =
      "<member><name>faultCode</name><value><int>-501</int></value></member>" +
      "<member><name>faultString</name><value>Not enough parameters</value></member>";
    const fault = reply(`<fault><value><struct>${members}</struct></value></fault>`);
    expect(decodeReply(fault)).toEqual({ kind: "fault", code: -501, text: "Not enough parameters" });
  });
});

describe("a document that is not OpenNebula's", () => {
  test.each([
    ["a type of the document", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', /declares a type/],
    ["an entity that nobody declared", "<a>&lol;</a>", /entity/],
    ["an element that never ends", "<a><b></a>", /./],
    ["half of a document", "<methodResponse><params>", /./],
    ["no document at all", "", /./],
    ["words", "503 Service Unavailable", /./],
  ])("%s is refused", (_, text, why) => {
    expect(() => parseXml(text)).toThrow(why);
  });

  test("elements that lie too deep in each other are refused before they cost memory", () => {
    expect(() => parseXml("<a>".repeat(100_000))).toThrow(/more than 64 deep/);
    expect(() => parseXml("<a><b/><b/><b/></a>", { depth: 9, elements: 3 })).toThrow(/more than 3 elements/);
  });

  test.each([
    ["another root", "<methodCall/>", /not an answer/],
    ["an unknown type", answer("<date>x</date>"), /<date> is not a type/],
    ["a value of two types", answer("<i4>1</i4><i4>2</i4>"), /two types/],
    ["a number of words", answer("<int>0x10</int>"), /"0x10" is not an int/],
    ["a number that is not whole", answer("<i8>99999999999999999999</i8>"), /is not an i8/],
    ["a boolean of words", answer("<boolean>true</boolean>"), /"true" is not a boolean/],
    ["a double that is none", answer("<double>NaN</double>"), /"NaN" is not a double/],
    ["a list without data", answer("<array/>"), /no <data>/],
    ["a fault without a code", reply("<fault><value>x</value></fault>"), /without code/],
    ["no value", reply("<params/>"), /no <param>/],
  ])("%s is refused, with the reason", (_, text, why) => {
    expect(() => decodeReply(text)).toThrow(why);
  });

  test("what CDATA holds is text, and a path finds it", () => {
    expect(textAt(parseXml("<VM><T><A><![CDATA[<&>]]> b</A></T></VM>"), "T/A")).toBe("<&> b");
  });
});
