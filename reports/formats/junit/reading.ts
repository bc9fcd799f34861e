import { capped, type KeptText, type Property, type ReadTest, textLimits } from "../../results.ts";
import { annotationCollector } from "../annotations.ts";
import { LongText } from "../long-text.ts";
import type { ResultFile } from "../result-file.ts";
import { isTeardownOf, withTeardown } from "./outcome.ts";
import { readTime, readTimestamp } from "./time.ts";

/** Remarks of one file that are shown. */
const mostRemarks = 20;

/** Because nobody reads fifty properties of a Java machine, only these of its own are kept. */
const javaProperties = /^(java\.version|java\.vendor|java\.vm\.name|os\.name|os\.version|os\.arch)$/;
const systemProperties =
  /^(java|javax|jdk|sun|os|user|file|path|line|awt|native|stdout|stderr|surefire|basedir|localRepository|env|idea|maven|classworlds|library|http|https|ftp|socksNonProxyHosts)(\.|$)/;

/** Names whose values nobody should read, whoever wrote them into a result file. */
const secretName =
  /pass(word|wd|phrase)?$|secret|token|credential|api[-_.]?key|private[-_.]?key|access[-_.]?key|auth$/i;

/** What has been read of one file so far, shared by all elements of it. */
export class Reading {
  readonly file: ResultFile;
  readonly tests: ReadTest[] = [];
  /** Why the file must not be trusted, though its XML is sound. */
  readonly damages: string[] = [];
  readonly remarks: string[] = [];
  readonly annotations = annotationCollector();
  /** Output that belongs to suites, not to tests. */
  readonly output: LongText;
  #lastCase = -1;
  #moreRemarks = 0;
  readonly #classes = new Map<string, string>();
  readonly #properties = new Set<string>();

  constructor(file: ResultFile) {
    this.file = file;
    this.output = new LongText(file, textLimits.stdout, () => "output of the suite");
  }

  /** Takes a test; `position` counts the cases and suites of the file, so that neighbours are known. Whether it is a new one. */
  add(test: ReadTest): boolean {
    const last = this.tests.at(-1);
    if (last !== undefined && this.#lastCase === this.tests.length - 1 && isTeardownOf(last, test)) {
      this.tests[this.#lastCase] = withTeardown(last, test);
      return false;
    }
    this.tests.push(test);
    this.#lastCase = this.tests.length - 1;
    return true;
  }

  /** Says that what follows is no neighbour of the last test. */
  apart(): void {
    this.#lastCase = -1;
  }

  remark(sentence: string): void {
    if (this.remarks.length < mostRemarks) this.remarks.push(capped(sentence, 1_000));
    else this.#moreRemarks += 1;
  }

  /** All remarks, and how many more there were. */
  allRemarks(): readonly string[] {
    return this.#moreRemarks === 0 ? this.remarks : [...this.remarks, `There are ${this.#moreRemarks} more remarks.`];
  }

  /** The one copy of a class name: most tests share theirs with others. */
  className(text: string): string {
    const known = this.#classes.get(text);
    if (known !== undefined) return known;
    const own = ownText(capped(text, textLimits.name));
    this.#classes.set(own, own);
    return own;
  }

  /** A text that stands in an attribute, within its limit; what is longer is kept beside. */
  shown(
    text: string,
    of: KeptText["of"],
    name: () => string,
  ): { readonly text: string; readonly kept: readonly KeptText[] } {
    if (text.length <= textLimits[of]) return { text, kept: [] };
    const long = new LongText(this.file, textLimits[of], name);
    long.add(text);
    const shown = long.shown();
    return { text: shown.text, kept: shown.kept === null ? [] : [{ of, ...shown.kept }] };
  }

  milliseconds(time: string | undefined, of: string): number | null {
    const read = readTime(time);
    if (read.kind === "unclear") this.remark(`The time "${time}" of ${of} is not clear, and is not shown.`);
    return read.kind === "known" ? read.ms : null;
  }

  /** Takes a property of a suite, once where suites repeat it. */
  suiteProperty(name: string, value: string): void {
    const property = readableProperty(name, value);
    const key = JSON.stringify(property);
    if (property === null || this.#properties.has(key)) return;
    if (this.#properties.size < 2_000) this.#properties.add(key);
    this.annotations.property(property.name, property.value);
  }

  suiteTimestamp(text: string | undefined): void {
    if (text === undefined || text.trim() === "") return;
    const timestamp = readTimestamp(text);
    if (timestamp === null) this.remark(`The timestamp "${capped(text, 100)}" is no time.`);
    else if (!this.#properties.has("timestamp")) this.annotations.property("timestamp", timestamp);
    this.#properties.add("timestamp");
  }
}

/** The property without its value where that is a secret, or null where it is one of many that tell nothing. */
export function readableProperty(name: string, value: string): Property | null {
  if (systemProperties.test(name) && !javaProperties.test(name)) return null;
  return { name, value: secretName.test(name) ? "[not shown]" : value };
}

/** A copy of a text that does not hold on to the piece of the file it was cut from. */
export function ownText(text: string): string {
  return text.length < 13 ? text : Buffer.from(text, "utf16le").toString("utf16le");
}
