import type { Failure, FailureClass } from "../../pipelines/dsl/failure.ts";

/** Classes of what a provider, or the program that speaks to it, answers. */
export type FaultClass = Extract<FailureClass, "transient" | "capacity" | "quota" | "configuration" | "fatal">;

/**
 * The nearest thing to change before the same request may succeed, from the cheapest to the dearest: another zone of the
 * region, another machine type, another region, another provider. Null where no other place helps: the same request is
 * tried again (`transient`) or stops.
 */
export type Elsewhere = "zone" | "type" | "region" | "provider" | null;

/** What is known of one error of a provider. */
export interface Fault {
  /** The provider's own word, such as `InsufficientInstanceCapacity`; where it has only a text, a short name of it. */
  readonly code: string;
  readonly class: FaultClass;
  readonly elsewhere: Elsewhere;
  /** What a person should try next. */
  readonly next: string;
  /** Where the provider, or the source of its program, says so. */
  readonly source: string;
}

/** An expected failure at a provider, with what a ladder needs to decide where to ask next. Plain JSON. */
export interface ProviderFailure extends Failure {
  readonly provider: string;
  /** The provider's own word; null for a text that is in no table. */
  readonly code: string | null;
  readonly elsewhere: Elsewhere;
}

/** What a table knows of one message: null where it is not of its kind. */
export type FaultTable = (message: string) => Fault | null;

/** Codes that mean the same to whoever asked, parted by blanks. */
export function faults(codes: string, shared: Omit<Fault, "code">): Fault[] {
  return codes
    .trim()
    .split(/\s+/)
    .map((code) => ({ code, ...shared }));
}

/** Texts without a code, the first that fits. */
export function textTable(rows: readonly (readonly [text: RegExp, fault: Fault])[]): FaultTable {
  return (message) => rows.find(([text]) => text.test(message))?.[1] ?? null;
}

/** Where the request behind a failure may be tried next: of a failure that says nothing, capacity and quota mean another provider. */
export function elsewhereOf(failure: Failure): Elsewhere {
  if ("elsewhere" in failure) {
    const said = places.find((place) => place === failure.elsewhere);
    if (said !== undefined) return said;
  }
  return failure.class === "capacity" || failure.class === "quota" ? "provider" : null;
}

const places: readonly Elsewhere[] = ["zone", "type", "region", "provider", null];
