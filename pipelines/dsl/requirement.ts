/** What a product must do and how that is verified: component, requirement, scenario. Plain JSON, also imported. */
export interface Catalogue {
  readonly name: string;
  /**
   * Source of a regular expression that finds ids of scenarios in names of tests, such as
   * `(?<![A-Za-z0-9])VS[ _]?\d+([._]\d+)*`. Absent: only properties of tests name scenarios.
   */
  readonly pattern?: string | undefined;
  readonly components: readonly CatalogueComponent[];
}

export interface CatalogueComponent {
  readonly id: string;
  readonly title: string;
  readonly requirements: readonly CatalogueRequirement[];
}

/** A requirement. A scenario that stands under several, with the same title, proves a part of each. */
export interface CatalogueRequirement {
  readonly id: string;
  readonly title: string;
  /** How far its development is, in the owner's words. */
  readonly status?: string | undefined;
  readonly scenarios: readonly CatalogueScenario[];
}

export interface CatalogueScenario {
  readonly id: string;
  readonly title: string;
  /**
   * Axes and values of the cells that must prove it, each of them by a test of its own. Absent: one cell is enough, and
   * where others have a test of it these count as well.
   */
  readonly where?: Readonly<Record<string, string | readonly string[]>> | undefined;
}

/**
 * An id as it is compared: `VS3.1.2`, `VS 3.1.2` and `vs_3_1_2` are the same, `VS31.2` is another.
 */
export function plainId(id: string): string {
  const parts = id.toUpperCase().match(/[A-Z]+|[0-9]+/g);
  return parts?.join(".") ?? id;
}
