/** From the request for the servers of a node to the last of them answering, in two phases. */
export interface Readiness {
  readonly node: string;
  readonly scope: Readonly<Record<string, string>>;
  /** From the request to the first answer on SSH. */
  readonly provisionMs: number;
  /** From the first answer to the end of the set-up, before the first suite. */
  readonly configureMs: number;
}

/** What the original needed on average for an edge cluster: 12 minutes, 6 to provision and 6 to configure. */
export const originalReadiness = { provisionMs: 360_000, configureMs: 360_000 } as const;

/** Price of what the run used; null for a part whose price is not known, which makes the sum a lower bound. */
export interface Cost {
  readonly currency: string;
  readonly amount: number;
  readonly known: boolean;
  readonly items: readonly {
    readonly provider: string;
    readonly what: string;
    readonly hours: number;
    readonly amount: number | null;
  }[];
}
