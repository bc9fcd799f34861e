// biome-ignore-all lint/complexity/useLiteralKeys: only in brackets may the private fields of saxes be read
import { SaxesParser } from "saxes";
import { decoded, offsetIn, type TextPiece } from "../decoding.ts";
import type { ResultFile } from "../result-file.ts";

/** Attributes of an element by name. */
export type Attributes = Readonly<Record<string, string | undefined>>;

/** Takes the elements of a document in their order. Text comes in pieces of some 16 Ki characters at most. */
export interface XmlHandler {
  open(name: string, attributes: Attributes): void;
  text(text: string): void;
  close(): void;
}

/** Where and why a document is not sound. `offset` is in bytes, `line` from 1. */
export interface XmlFault {
  readonly reason: string;
  readonly offset: number;
  readonly line: number;
}

/**
 * Most elements inside one another, most attributes of one element, and most characters of one tag, comment or
 * instruction: more of them is no report of tests but an attack, or damage.
 */
export const xmlLimits = { depth: 64, attributes: 512, tag: 1024 * 1024 } as const;

/** Characters of a text that are handed on before its end is seen. */
const flushLength = 4_096;

/** Because saxes does not name its states: the two in which it collects text, as parsers that stand there tell. */
const textStates: ReadonlySet<number> = new Set(
  ["<a>x", "<a><![CDATA[x"].map((beginning) => {
    const parser = new SaxesParser();
    parser.on("error", () => {});
    return parser.write(beginning)["state"];
  }),
);

/** Ends a parse at its first fault. */
class Fault extends Error {}

/**
 * Reads a document strictly, up to the first violation of XML 1.0 or 1.1, of an encoding, or of the limits; null where
 * there is none. A DOCTYPE is refused: nothing that it declares is ever expanded or fetched.
 */
export async function readStrictly(file: ResultFile, handler: XmlHandler): Promise<XmlFault | null> {
  const parser = strictParser(handler);
  let characters = 0;
  let last: TextPiece = { text: "", offset: 0, encoding: "utf-8", invalid: false };
  const faultOf = (error: unknown): XmlFault => {
    // Because only what the parser throws itself is a fault of the file.
    if (!(error instanceof Fault)) throw error;
    const index = Math.min(Math.max(parser.position - characters, 0), last.text.length);
    const fault = { reason: error.message, offset: offsetIn(last, index), line: parser.line };
    return parser["entity"] === "" ? fault : ampersandFault(fault, parser["entity"]);
  };
  for await (const piece of decoded(file)) {
    characters += last.text.length;
    last = piece;
    try {
      if (piece.invalid) throw new Fault(`some bytes are no ${piece.encoding.toUpperCase()}`);
      parser.write(piece.text);
      flush(parser, handler);
    } catch (error) {
      return faultOf(error);
    }
  }
  try {
    parser.close();
    return null;
  } catch (error) {
    return faultOf(error);
  }
}

/** Because saxes looks for the end of an entity without limit, what then breaks is not what is wrong: that is the ampersand. */
function ampersandFault({ reason, offset, line }: XmlFault, entity: string): XmlFault {
  if (/entity/.test(reason)) return { reason, offset, line };
  const lines = entity.split("\n").length - 1;
  return {
    reason: "an ampersand begins no entity",
    offset: Math.max(offset - Buffer.byteLength(entity) - 1, 0),
    line: line - lines,
  };
}

function strictParser(handler: XmlHandler): SaxesParser {
  const parser = new SaxesParser();
  let depth = 0;
  let attributes = 0;
  parser.on("error", (error) => {
    throw new Fault(error.message.replace(/^\d+:\d+: /, "").replace(/\.$/, ""));
  });
  parser.on("doctype", () => {
    throw new Fault("it declares a DOCTYPE, which is refused");
  });
  parser.on("opentagstart", () => {
    attributes = 0;
    depth += 1;
    if (depth > xmlLimits.depth) throw new Fault(`more than ${xmlLimits.depth} elements stand inside one another`);
  });
  parser.on("attribute", () => {
    attributes += 1;
    if (attributes > xmlLimits.attributes)
      throw new Fault(`an element has more than ${xmlLimits.attributes} attributes`);
  });
  parser.on("opentag", (tag) => handler.open(tag.name, tag.attributes));
  parser.on("text", (text) => handler.text(text));
  parser.on("cdata", (text) => handler.text(text));
  parser.on("closetag", () => {
    depth -= 1;
    handler.close();
  });
  return parser;
}

/** Because saxes collects a text until its end, however long it is, what it has so far is taken from it. */
function flush(parser: SaxesParser, handler: XmlHandler): void {
  const pending = parser["text"];
  if (pending.length > flushLength && textStates.has(parser["state"])) {
    handler.text(pending);
    parser["text"] = "";
    return;
  }
  const collected = pending.length + parser["name"].length + parser["entity"].length;
  if (collected > xmlLimits.tag) throw new Fault(`a tag or comment is longer than ${xmlLimits.tag} characters`);
}
