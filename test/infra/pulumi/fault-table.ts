/** One line of what was seen. */
export interface SeenFault {
  readonly fault: string;
  readonly operation: string;
  /** Class and code of the failure, or what else came of it. */
  readonly outcome: string;
  /** From the fault to an empty provider, or to the report of what is left; null where the stack went on. */
  readonly seconds: number | null;
  readonly left: string;
}

/** The table of faults as text in Markdown. */
export function printFaults(seen: readonly SeenFault[]): string {
  const rows = [
    ["fault", "operation", "class and code", "given back in", "left"],
    ["---", "---", "---", "---:", "---"],
    ...seen.map((one) => [
      one.fault,
      one.operation,
      one.outcome,
      one.seconds === null ? "" : `${one.seconds.toFixed(1)} s`,
      one.left,
    ]),
  ];
  return rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
