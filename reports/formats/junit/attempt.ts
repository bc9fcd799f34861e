import type { KeptText, TestAttempt } from "../../results.ts";
import { Body } from "./body.ts";
import { type Frame, textFrame } from "./frame.ts";
import type { Reading } from "./reading.ts";
import type { Attributes } from "./xml-events.ts";

/**
 * An attempt that Surefire or Gradle repeated: its trace is in `stackTrace`, or in the element itself where it is of
 * Surefire before 3.0; its output is in it too.
 */
export class AttemptFrame implements Frame {
  readonly #reading: Reading;
  readonly #attributes: Attributes;
  readonly #status: "failed" | "error";
  readonly #of: string;
  readonly #details: Body;
  readonly #stdout: Body;
  readonly #take: (attempt: TestAttempt, kept: readonly KeptText[]) => void;

  constructor(
    reading: Reading,
    attributes: Attributes,
    of: {
      readonly status: "failed" | "error";
      readonly test: string;
      take(attempt: TestAttempt, kept: readonly KeptText[]): void;
    },
  ) {
    this.#reading = reading;
    this.#attributes = attributes;
    this.#status = of.status;
    this.#of = of.test;
    this.#take = of.take;
    this.#details = new Body(reading, "details", () => `details of an attempt of ${of.test}`);
    this.#stdout = new Body(reading, "stdout", () => `output of an attempt of ${of.test}`);
  }

  child(name: string): Frame {
    if (name === "system-out" || name === "system-err") return textFrame((piece) => this.#stdout.add(piece));
    return this;
  }

  text(piece: string): void {
    this.#details.add(piece);
  }

  end(): void {
    const { message = "", type = "", time } = this.#attributes;
    const kept: KeptText[] = [];
    const details = this.#details.shown(kept);
    const said = this.#reading.shown(
      messageOf(message, type, details),
      "message",
      () => `message of an attempt of ${this.#of}`,
    );
    const attempt = {
      status: this.#status,
      durationMs: this.#reading.milliseconds(time, `an attempt of ${this.#of}`),
      message: said.text,
      details,
      stdout: this.#stdout.shown(kept),
    };
    this.#take(attempt, [...said.kept, ...kept]);
  }
}

/** What is said in short: the message, else the type, else the first line of the text. */
export function messageOf(message: string, type: string, details: string): string {
  if (message.trim() !== "") return message.trim();
  return type.trim() || (details.split("\n", 1)[0] ?? "").slice(0, 1_000);
}
