import { capped, type TestStatus } from "../../results.ts";
import { CaseFrame, type CaseOwner } from "./case.ts";
import { type Frame, propertyFrame, textFrame } from "./frame.ts";
import { isRed, outcomeElements } from "./outcome.ts";
import type { Reading } from "./reading.ts";
import { addCounts, type Counts, disagreementOf, noCounts } from "./totals.ts";
import type { Attributes } from "./xml-events.ts";

/** Elements that hold tests. */
export function isSuiteElement(name: string): boolean {
  return name === "testsuite" || name === "testsuites";
}

/** A suite, or a list of suites, while its element is open: suites stand in suites to any depth, beside tests or not. */
export class SuiteFrame implements Frame, CaseOwner {
  readonly fallbackClass: string;
  readonly isPytest: boolean;
  readonly #reading: Reading;
  readonly #parent: SuiteFrame | null;
  readonly #attributes: Attributes;
  /** Of its own tests, and with those of the suites in it. */
  readonly #own: Counts = noCounts();
  readonly #all: Counts = noCounts();
  #log = "";

  constructor(reading: Reading, attributes: Attributes, parent: SuiteFrame | null) {
    this.#reading = reading;
    this.#attributes = attributes;
    this.#parent = parent;
    const { name = "" } = attributes;
    this.fallbackClass = name.trim() === "" ? (parent?.fallbackClass ?? "") : name;
    this.isPytest = /^pytest( tests)?$/.test(name) || parent?.isPytest === true;
    reading.apart();
    reading.suiteTimestamp(attributes.timestamp);
  }

  child(name: string, attributes: Attributes): Frame {
    if (name === "testcase") return new CaseFrame(this.#reading, this, attributes);
    if (isSuiteElement(name)) return new SuiteFrame(this.#reading, attributes, this);
    switch (name) {
      case "property":
        return propertyFrame(attributes, (key, value) => this.#reading.suiteProperty(key, value));
      case "system-out":
      case "system-err":
        return this.#output(name);
      case "properties":
        return this;
      default:
        return Object.hasOwn(outcomeElements, name) ? this.#itself(name, attributes) : this.#unknown(name);
    }
  }

  text(): void {}

  end(whole: boolean): void {
    this.#reading.apart();
    addCounts(this.#all, this.#own);
    if (this.#parent !== null) addCounts(this.#parent.#all, this.#all);
    if (!whole) return;
    const { damage, remark } = disagreementOf(this.#attributes, {
      own: this.#own,
      all: this.#all,
      isPytest: this.isPytest,
    });
    const name = this.fallbackClass === "" ? "The file" : `The suite ${capped(this.fallbackClass, 200)}`;
    if (damage !== null) this.#reading.damages.push(`${name} ${damage}`);
    if (remark !== null) this.#reading.remark(`${name} ${remark}`);
    if (/^Generated test\.log/.test(this.#log.trimStart())) {
      this.#reading.remark(`${name} is Bazel's word on how a program ended: of the tests in it the file says nothing.`);
    }
  }

  counted(test: { readonly status: TestStatus }, outcomes: readonly TestStatus[], isNew: boolean): void {
    this.#own.tests += isNew ? 1 : 0;
    this.#own.red += isRed(test.status) ? Math.max(outcomes.filter(isRed).length, 1) : 0;
  }

  /** What failed outside of any test, such as a file that could not be collected, becomes one: nothing may hide it. */
  #itself(name: string, attributes: Attributes): Frame {
    if (outcomeElements[name] === "skipped") return textFrame(() => {});
    const { message: _, type: __, ...rest } = attributes;
    const pseudo = new CaseFrame(this.#reading, { ...this.#pseudoOwner() }, { ...rest, name: "(the suite itself)" });
    const outcome = pseudo.child(name, attributes);
    return {
      child: (inner, its) => outcome.child(inner, its),
      text: (piece) => outcome.text(piece),
      end(whole) {
        outcome.end(whole);
        pseudo.end(whole);
      },
    };
  }

  #pseudoOwner(): CaseOwner {
    return {
      fallbackClass: this.fallbackClass,
      isPytest: this.isPytest,
      child: (name, attributes) => this.child(name, attributes),
      counted: () => {
        this.#own.red += 1;
      },
    };
  }

  #output(name: string): Frame {
    const { output, annotations } = this.#reading;
    if (output.length > 0) output.add(name === "system-err" ? "\n--- system-err ---\n" : "\n");
    return textFrame((piece) => {
      if (this.#log.length < 100) this.#log += piece.slice(0, 100);
      output.add(piece);
      annotations.output(piece);
    });
  }

  #unknown(name: string): Frame {
    this.#reading.remark(
      `The element <${name}> of a suite is not known: what stands in it is read like the suite's own.`,
    );
    return this;
  }
}
