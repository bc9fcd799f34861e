import type { KeptText, ReadResults } from "../../results.ts";
import { annotated } from "../annotations.ts";
import type { ResultFile } from "../result-file.ts";
import type { Frame } from "./frame.ts";
import { isRed } from "./outcome.ts";
import { Reading } from "./reading.ts";
import { isSuiteElement, SuiteFrame } from "./suite.ts";
import type { Attributes, XmlHandler } from "./xml-events.ts";

/**
 * Makes results of the elements of one file. Each open element has a frame; one that says nothing of its own has that of
 * the element around it.
 */
export class JunitDocument implements XmlHandler {
  readonly #reading: Reading;
  readonly #frames: Frame[];
  #current: Frame;
  #root: string | null = null;

  constructor(file: ResultFile) {
    this.#reading = new Reading(file);
    this.#current = this.#outside();
    this.#frames = [this.#current];
  }

  open(name: string, attributes: Attributes): void {
    const colon = name.indexOf(":");
    this.#current = this.#current.child(colon < 0 ? name : name.slice(colon + 1), attributes);
    this.#frames.push(this.#current);
  }

  text(text: string): void {
    this.#current.text(text);
  }

  close(): void {
    this.#leave(true);
  }

  /** What was read, once the file is at its end: elements that are still open end there. */
  results(): Omit<ReadResults, "framework"> {
    while (this.#frames.length > 1) this.#leave(false);
    const { tests, damages, annotations } = this.#reading;
    const found = annotations.found();
    for (const remark of found.remarks) this.#reading.remark(remark);
    const root = this.#rootDamage();
    const all = root === null ? damages : [root, ...damages];
    for (const damage of all.slice(1)) this.#reading.remark(damage);
    const { properties, measures } = annotated(found);
    return {
      tests,
      damaged: all[0] ?? null,
      remarks: this.#reading.allRemarks(),
      ...(properties === undefined ? {} : { properties }),
      ...(measures === undefined ? {} : { measures }),
      ...this.#output(tests.some((test) => isRed(test.status))),
    };
  }

  #leave(whole: boolean): void {
    const ended = this.#frames.pop();
    this.#current = this.#frames.at(-1) ?? this.#outside();
    if (ended !== undefined && ended !== this.#current) ended.end(whole);
  }

  /** Around the root there is nothing; a root of another kind may still hold suites. */
  #outside(): Frame {
    const frame: Frame = {
      child: (name, attributes) => {
        this.#root ??= name;
        if (isSuiteElement(name)) return new SuiteFrame(this.#reading, attributes, null);
        if (name !== "testcase") return frame;
        return new SuiteFrame(this.#reading, {}, null).child(name, attributes);
      },
      text: () => {},
      end: () => {},
    };
    return frame;
  }

  #rootDamage(): string | null {
    if (this.#root === null) return "The file has no element.";
    return isSuiteElement(this.#root) ? null : `The file begins with <${this.#root}>, not with a suite of tests.`;
  }

  /** Because output of suites helps only to understand a failure. */
  #output(failed: boolean): { readonly stdout?: string; readonly kept?: readonly KeptText[] } {
    const { output } = this.#reading;
    if (!failed || output.length === 0) {
      output.drop();
      return {};
    }
    const { text, kept } = output.shown();
    return { stdout: text, ...(kept === null ? {} : { kept: [{ of: "stdout", ...kept }] }) };
  }
}
