/** How a cell that failed differs from the nearest one that ran the same and passed. */
export interface Contrast {
  readonly cell: string;
  readonly nearest: string;
  /** Axis values that both have. */
  readonly shared: readonly string[];
  readonly differences: readonly ContrastLine[];
  /** Differences that are not listed. */
  readonly more: number;
}

export interface ContrastLine {
  readonly what: "axis" | "kernel" | "image" | "host class" | "acceleration" | "provider" | "start mode" | "package";
  /** Name of the axis or package; empty for the others. */
  readonly name: string;
  /** Role of the server; empty for an axis. */
  readonly role: string;
  /** Empty where it is not there at all. */
  readonly here: string;
  readonly there: string;
}
