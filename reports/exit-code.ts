import type { Certificate } from "./certificate-document.ts";

/** How the run itself stands when its certificate is looked at. */
export interface RunEnd {
  /** Null where the run ended before there was anything to certify. */
  readonly certificate: Certificate | null;
  /** `waiting` for an approval, `over-budget` stopped by the budget. */
  readonly outcome: "passed" | "failed" | "cancelled" | "rejected" | "over-budget" | "waiting";
  /** Undo nodes that failed, as `run.finished` counts them; default: what the certificate says. */
  readonly leaked?: number;
  /** How much providers list for the run now; null where they cannot be asked; default: what the certificate says. */
  readonly held?: number | null;
  /** Nodes, no undos among them, that did not pass; default: it is not known which. */
  readonly unpassed?: readonly string[];
  /** Whether the definition or its use was wrong. */
  readonly wrongDefinition?: boolean;
}

/**
 * The exit code of a run. Where several hold, the first of: 2 wrong definition or usage, 4 something leaked or what is
 * left could not be listed, 1 tests failed or are inconclusive, 3 a verdict is missing for reasons of infrastructure,
 * 6 cancelled, rejected or over budget, 5 waiting for approval; else 0. Cells that a partial run left out do not count,
 * and neither does a stage that failed by nothing but tests that are waived.
 */
export function exitCode(end: RunEnd): 0 | 1 | 2 | 3 | 4 | 5 | 6 {
  const { certificate, outcome } = end;
  if (end.wrongDefinition === true) return 2;
  if (leaks(end)) return 4;
  const stopped = outcome === "cancelled" || outcome === "rejected" || outcome === "over-budget";
  const open = (certificate?.cells ?? []).filter((cell) => !green.has(cell.verdict));
  const expected = certificate !== null && certificate.plan.suites > 0;
  if (open.some((cell) => expected && blamesProduct(cell))) return 1;
  if (open.some((cell) => expected && cell.blame === "infrastructure")) return 3;
  if (outcome === "failed" && !failedByWaived(end)) return 3;
  if (stopped || open.some((cell) => cell.blame === "person")) return 6;
  return outcome === "waiting" ? 5 : 0;
}

function failedByWaived({ certificate, unpassed = [] }: RunEnd): boolean {
  const waived = new Set(
    certificate?.suites.flatMap(({ node, verdict, waived }) => (green.has(verdict) && waived > 0 ? [node] : [])),
  );
  return unpassed.length > 0 && unpassed.every((node) => waived.has(node));
}

const green: ReadonlySet<string> = new Set(["passed", "passed-with-retries", "not-applicable"]);

function blamesProduct({ verdict, blame }: Certificate["cells"][number]): boolean {
  return verdict === "failed" || blame === "product" || blame === "evidence";
}

function leaks({ certificate, leaked, held }: RunEnd): boolean {
  if ((leaked ?? 0) > 0) return true;
  // Because a later resume may have given back what the certificate was sealed with: then nothing leaks any more.
  if (certificate === null) return held === null;
  if (leaked === 0 && held === 0) return false;
  if (certificate.leaks.length > 0 || certificate.leftovers === null) return true;
  return certificate.leftovers.some((one) => !one.kept);
}
