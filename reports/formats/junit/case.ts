import { capped, type KeptText, type ReadTest, type TestAttempt, type TestStatus, textLimits } from "../../results.ts";
import { type AnnotationCollector, annotated, annotationCollector } from "../annotations.ts";
import { AttemptFrame, messageOf } from "./attempt.ts";
import { Body } from "./body.ts";
import { type Frame, propertyFrame, textFrame } from "./frame.ts";
import { attemptElements, attributeOutcomes, isRed, type Outcome, outcomeElement, worse } from "./outcome.ts";
import { ownText, type Reading, readableProperty } from "./reading.ts";
import type { Attributes } from "./xml-events.ts";

/** What a test is to the suite around it. */
export interface CaseOwner {
  /** Of a test that names no class: the name of its suite. */
  readonly fallbackClass: string;
  /** Whether its suite is pytest's, which counts lines from 0, and sub-tests as tests. */
  readonly isPytest: boolean;
  /** A test ended; `outcomes` are all that stand in it, `isNew` is false for the tear-down of the test before. */
  counted(test: ReadTest, outcomes: readonly TestStatus[], isNew: boolean): void;
  /** An element that is a test of its own, though it stands inside of another. */
  child(name: string, attributes: Attributes): Frame;
}

/** Outcomes of one test that are kept; of more, which only hostile files have, one of each kind. */
const mostOutcomes = 1_000;

/** Attributes of a test that have a place of their own; GoogleTest before 1.8.1 writes properties as further ones. */
const knownAttributes: ReadonlySet<string> = new Set(
  "name classname class time duration status result file line assertions timestamp value_param type_param id".split(
    " ",
  ),
);

/** A test, while its element is open. */
export class CaseFrame implements Frame {
  readonly #reading: Reading;
  readonly #owner: CaseOwner;
  readonly #attributes: Attributes;
  readonly #class: string;
  readonly #name: string;
  readonly #outcomes: Outcome[] = [];
  readonly #kept: KeptText[] = [];
  readonly #flaky: TestAttempt[] = [];
  readonly #reruns: TestAttempt[] = [];
  #details: Body | null = null;
  #stdout: Body | null = null;
  #annotations: AnnotationCollector | null = null;

  constructor(reading: Reading, owner: CaseOwner, attributes: Attributes) {
    this.#reading = reading;
    this.#owner = owner;
    this.#attributes = attributes;
    const named = attributes.classname ?? attributes.class ?? "";
    this.#class = reading.className(named.trim() === "" ? owner.fallbackClass : named);
    const name = attributes.name ?? "";
    // Because Surefire and others write what failed for a whole class as a test without a name.
    this.#name = name.trim() === "" ? "(the class itself)" : ownText(capped(name, textLimits.name));
    for (const key in attributes) {
      if (!knownAttributes.has(key)) this.#property(key, attributes[key] ?? "");
    }
  }

  child(name: string, attributes: Attributes): Frame {
    const outcome = outcomeElement(name);
    if (outcome !== null) return this.#outcome(outcome, attributes);
    if (Object.hasOwn(attemptElements, name)) return this.#attempt(name, attributes);
    switch (name) {
      case "system-out":
      case "system-err":
        return this.#output(name);
      case "property":
        return propertyFrame(attributes, (key, value) => this.#property(key, value));
      case "properties":
        return this;
      case "testcase":
      case "testsuite":
      case "testsuites":
        return this.#owner.child(name, attributes);
      default:
        this.#reading.remark(`The element <${name}> of ${this.#title} is not known, and is not read.`);
        return this;
    }
  }

  text(): void {}

  end(whole: boolean): void {
    if (!whole) this.#outcomes.push({ status: "error", message: "The file ends inside of this test." });
    this.#outcomes.push(
      ...attributeOutcomes(this.#attributes, this.#outcomes, (sentence) => this.#reading.remark(sentence)),
    );
    const start: TestStatus = this.#reruns.length > 0 ? "failed" : "passed";
    const status = this.#outcomes.reduce<TestStatus>((worst, one) => worse(worst, one.status), start);
    const test = this.#finished(status);
    const isNew = this.#reading.add(test);
    this.#owner.counted(
      test,
      this.#outcomes.map((one) => one.status),
      isNew,
    );
  }

  get #title(): string {
    return this.#class === "" ? this.#name : `${this.#class} ${this.#name}`;
  }

  #outcome(status: TestStatus, { message = "", type = "" }: Attributes): Frame {
    if (status === "skipped") return this.#skip(message, type);
    this.#details ??= new Body(this.#reading, "details", () => `details of ${this.#title}`);
    const details = this.#details;
    if (!details.isEmpty) details.add("\n\n");
    let start = "";
    return textFrame(
      (piece) => {
        if (start.length < 1_000) start += piece.slice(0, 1_000).trimStart();
        details.add(piece);
      },
      () => this.#add({ status, message: messageOf(message, type, start) }),
    );
  }

  #add(outcome: Outcome): void {
    if (this.#outcomes.length < mostOutcomes) this.#outcomes.push(outcome);
    else if (!this.#outcomes.some((one) => one.status === outcome.status)) this.#outcomes.push(outcome);
  }

  #skip(message: string, type: string): Frame {
    const body = new Body(this.#reading, "message", () => `message of ${this.#title}`);
    return textFrame(
      (piece) => body.add(piece),
      () => {
        const text = body.shown(this.#kept);
        const said = [message.trim(), text].filter((one) => one !== "" && one !== "Skipped").join("\n");
        const reason = said === "" ? message.trim() : said;
        this.#add({
          status: "skipped",
          message: type === "pytest.xfail" ? `expected failure: ${reason}` : reason,
        });
      },
    );
  }

  #attempt(name: string, attributes: Attributes): Frame {
    const { status, final } = attemptElements[name] ?? { status: "error", final: "failed" };
    const list = final === "passed" ? this.#flaky : this.#reruns;
    const take = (attempt: TestAttempt, kept: readonly KeptText[]) => {
      list.push(attempt);
      this.#kept.push(...kept);
    };
    return new AttemptFrame(this.#reading, attributes, { status, test: this.#title, take });
  }

  #output(name: string): Frame {
    this.#stdout ??= new Body(this.#reading, "stdout", () => `output of ${this.#title}`);
    const stdout = this.#stdout;
    if (!stdout.isEmpty) stdout.add(name === "system-err" ? "\n--- system-err ---\n" : "\n");
    this.#annotations ??= annotationCollector();
    const annotations = this.#annotations;
    return textFrame((piece) => {
      stdout.add(piece);
      annotations.output(piece);
    });
  }

  #property(key: string, value: string): void {
    const property = readableProperty(key, value);
    if (property === null) return;
    this.#annotations ??= annotationCollector();
    this.#annotations.property(property.name, property.value);
  }

  #finished(status: TestStatus): ReadTest {
    const test = this.#withTexts(status);
    const { file = "", line = "" } = this.#attributes;
    const number = /^\d{1,9}$/.test(line) ? Number(line) + (this.#owner.isPytest ? 1 : 0) : null;
    const params = this.#attributes.value_param ?? this.#attributes.type_param;
    const found = this.#annotations?.found();
    for (const remark of found?.remarks ?? []) this.#reading.remark(`${this.#title}: ${remark}`);
    return {
      ...test,
      params: params === undefined ? null : capped(params, textLimits.name),
      location: file === "" ? null : { file: capped(file, textLimits.name), line: number },
      ...(this.#kept.length > 0 ? { kept: this.#kept } : {}),
      ...(found === undefined ? {} : annotated(found)),
    };
  }

  /** The outcome that counts, with the attempts before it. Of a test that failed in every attempt the last one counts. */
  #withTexts(status: TestStatus): Omit<ReadTest, "params" | "location"> {
    const { time, duration } = this.#attributes;
    const durationMs = this.#reading.milliseconds(time ?? duration, this.#title);
    const shown = isRed(status) || this.#flaky.length > 0;
    if (!shown) this.#stdout?.drop();
    const messages = [...new Set(this.#outcomes.map((one) => one.message))].filter((message) => message !== "");
    const message = this.#reading.shown(messages.join("\n"), "message", () => `message of ${this.#title}`);
    this.#kept.push(...message.kept);
    const own = {
      status,
      durationMs,
      message: message.text,
      details: this.#details?.shown(this.#kept) ?? "",
      stdout: shown ? (this.#stdout?.shown(this.#kept) ?? "") : "",
    };
    const named = { class: this.#class, name: this.#name };
    const last = this.#reruns.at(-1);
    if (last === undefined) return { ...named, ...own, ...(this.#flaky.length > 0 ? { attempts: this.#flaky } : {}) };
    const failed = this.#outcomes.some((one) => isRed(one.status)) ? [own] : [];
    const earlier = [...this.#flaky, ...failed, ...this.#reruns.slice(0, -1)];
    return { ...named, ...last, status: worse(status, last.status), durationMs, attempts: earlier };
  }
}
