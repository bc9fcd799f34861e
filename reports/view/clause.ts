import type { CertificateView } from "../view.ts";

/** The clauses of a certificate by their anchors, in their order. */
const titles = {
  platforms: "Platforms",
  causes: "Failures",
  changes: "Changes",
  coverage: "Requirements",
  suites: "Tests",
  measures: "Measures",
  ready: "Ready",
  time: "Time",
  servers: "Servers",
  product: "Packages",
  waivers: "Waivers",
  remarks: "Remarks",
  seal: "Seal",
} as const;

/** The anchor of a clause. */
export type ClauseName = keyof typeof titles;

/** A clause in the navigation. */
export interface ClauseView {
  readonly number: string;
  readonly anchor: string;
  readonly title: string;
  readonly count: string;
}

type Parts = Pick<
  CertificateView,
  "causes" | "changes" | "coverage" | "measures" | "readiness" | "timeline" | "waivers" | "remarks"
>;

/** The clauses that have something to say, numbered from 1. */
export function clausesOf(parts: Parts): readonly ClauseView[] {
  const causes = parts.causes;
  const changed = parts.changes?.lists.reduce((sum, list) => sum + Number(list.count), 0) ?? 0;
  const all: readonly (readonly [ClauseName, boolean, number])[] = [
    ["platforms", true, 0],
    ["causes", causes !== null, causes?.items.length ?? 0],
    ["changes", parts.changes !== null, changed],
    ["coverage", parts.coverage !== null, 0],
    ["suites", true, 0],
    ["measures", parts.measures !== null, 0],
    ["ready", parts.readiness !== null, 0],
    ["time", parts.timeline !== null, 0],
    ["servers", true, 0],
    ["product", true, 0],
    ["waivers", parts.waivers !== null, 0],
    ["remarks", parts.remarks !== null, 0],
    ["seal", true, 0],
  ];
  return all
    .filter(([, shown]) => shown)
    .map(([anchor, , count], index) => ({
      number: String(index + 1),
      anchor,
      title: anchor === "causes" ? (causes?.title.split(" ")[0] ?? "") : titles[anchor],
      count: count === 0 ? "" : String(count),
    }));
}

/** The number of every clause by its anchor; empty for one that is not there. */
export function numbersOf(clauses: readonly ClauseView[]): Readonly<Record<ClauseName, string>> {
  const number = (name: ClauseName) => clauses.find((clause) => clause.anchor === name)?.number ?? "";
  return {
    platforms: number("platforms"),
    causes: number("causes"),
    changes: number("changes"),
    coverage: number("coverage"),
    suites: number("suites"),
    measures: number("measures"),
    ready: number("ready"),
    time: number("time"),
    servers: number("servers"),
    product: number("product"),
    waivers: number("waivers"),
    remarks: number("remarks"),
    seal: number("seal"),
  };
}
