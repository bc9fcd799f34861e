import type { Provider, Resource } from "../../infra/providers/provider.ts";
import { type Failure, failureOf } from "../dsl/failure.ts";

/** What is held as ours, as far as it could be asked. */
export interface Held {
  readonly found: readonly Resource[];
  /** Places that did not say, each with the reason: what they hold is not known, and so it is not nothing. */
  readonly silent: readonly SilentPlace[];
}

/** A place that could not be asked what it holds. */
export interface SilentPlace {
  readonly place: string;
  readonly failure: Failure;
}

/** Asks every place by itself, because one without credentials must not hide what another holds. */
export async function heldAt(
  provider: Pick<Provider, "list" | "places"> & Partial<Pick<Provider, "name">>,
  filter: Parameters<Provider["list"]>[0],
): Promise<Held> {
  const found: Resource[] = [];
  const silent: SilentPlace[] = [];
  const asked = (provider.places ?? [provider]).map(async (place) => {
    try {
      return await place.list(filter);
    } catch (error) {
      silent.push({ place: place.name ?? "its place", failure: failureOf(error) });
      return [];
    }
  });
  for (const listed of await Promise.all(asked)) found.push(...listed);
  return { found, silent };
}

/** Names all that could not be listed or given back at once, each with its reason and the next step. */
export class HeldTrouble extends Error {
  override readonly name = "HeldTrouble";
  readonly failure: Failure;
  readonly problems: readonly Pick<Failure, "title" | "detail" | "next">[];

  /** `about` is a place or a resource. */
  constructor(title: string, all: readonly { readonly about: string; readonly failure: Failure }[]) {
    super(title);
    const failures = all.map(({ failure }) => failure);
    const first = failures.find((one) => one.class === "configuration") ?? failures[0];
    this.failure = {
      reason: "held-trouble",
      class: first?.class ?? "fatal",
      title,
      detail: failures.map((one) => `${one.title}: ${one.detail}`).join("; "),
      next: first?.next ?? "Try again.",
    };
    this.problems = all.map(({ about, failure }) => ({ ...failure, title: `${about}: ${failure.title}` }));
  }
}

/** What is not known of silent places; nothing where all spoke. */
export function silence(silent: readonly SilentPlace[]): HeldTrouble | undefined {
  if (silent.length === 0) return undefined;
  const names = silent.map(({ place }) => place).join(", ");
  return new HeldTrouble(
    `What ${names} holds is not known`,
    silent.map(({ place, failure }) => ({ about: place, failure })),
  );
}
