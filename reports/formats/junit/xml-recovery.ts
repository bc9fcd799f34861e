import sax from "sax";
import { decoded } from "../decoding.ts";
import type { ResultFile } from "../result-file.ts";
import { type XmlHandler, xmlLimits } from "./xml-events.ts";

/** Complaints after which no more is read: only hostile files have so many. */
const mostComplaints = 2_000_000;

/** Characters without any element or text after which no more is read. */
const mostSilence = xmlLimits.tag;

/** Characters in which the beginning of a document is looked for, behind lines of a log. */
const longestPreface = 1_048_576;

/** Ends a parse that has become pointless. */
class Enough extends Error {}

/**
 * Reads what can be read of a document that is not sound: past text before its beginning and after its end, bad
 * characters, wrong and missing tags. What is nested deeper than the limit is left out; entities are never expanded.
 * Elements that the file leaves open are not closed.
 */
export async function readRecovering(file: ResultFile, handler: XmlHandler): Promise<void> {
  const recovery = new Recovery(handler);
  const traces = Error.stackTraceLimit;
  try {
    for await (const { text } of beginningAtMarkup(file)) {
      // Because every complaint makes an error, and there may be one for each character.
      Error.stackTraceLimit = 0;
      recovery.write(text);
      Error.stackTraceLimit = traces;
    }
    recovery.close();
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
  } finally {
    Error.stackTraceLimit = traces;
  }
}

/** The text from the first tag on that may begin a document, or all of it where there is none. */
async function* beginningAtMarkup(file: ResultFile): AsyncGenerator<{ readonly text: string }> {
  let preface: string | null = "";
  for await (const { text } of decoded(file)) {
    if (preface === null) {
      yield { text };
      continue;
    }
    preface += text;
    const begin = preface.search(/<\?xml\s|<(?:[\w.-]+:)?testsuites?[\s>/]/);
    if (begin < 0 && preface.length < longestPreface) continue;
    yield { text: preface.slice(Math.max(begin, 0)) };
    preface = null;
  }
  if (preface !== null) yield { text: preface };
}

class Recovery {
  // Because without positions sax also has no limit of its own on lengths.
  readonly #parser = sax.parser(true, { position: false });
  #complaints = 0;
  #depth = 0;
  #attributes = 0;
  #silence = 0;

  constructor(handler: XmlHandler) {
    const parser = this.#parser;
    parser.onerror = () => this.#complain();
    parser.onopentag = ({ name, attributes }) => {
      this.#depth += 1;
      this.#silence = 0;
      if (this.#depth <= xmlLimits.depth) handler.open(name, textOnly(attributes));
    };
    parser.onattribute = () => {
      this.#attributes += 1;
      if (this.#attributes > xmlLimits.attributes) throw new Enough();
    };
    parser.onopentagstart = () => {
      this.#attributes = 0;
    };
    const text = (piece: string) => {
      this.#silence = 0;
      if (this.#depth <= xmlLimits.depth) handler.text(piece);
    };
    parser.ontext = text;
    parser.oncdata = text;
    parser.onclosetag = () => {
      this.#silence = 0;
      if (this.#depth <= xmlLimits.depth) handler.close();
      this.#depth -= 1;
    };
  }

  write(text: string): void {
    this.#silence += text.length;
    this.#parser.write(text).flush();
    if (this.#silence > mostSilence) throw new Enough();
  }

  close(): void {
    this.#parser.close();
  }

  #complain(): void {
    this.#complaints += 1;
    if (this.#complaints > mostComplaints) throw new Enough();
    this.#parser.resume();
  }
}

/** Because sax types attributes for namespaces too, which are off. */
function textOnly(attributes: Readonly<Record<string, unknown>>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) if (typeof value === "string") texts[name] = value;
  return texts;
}
