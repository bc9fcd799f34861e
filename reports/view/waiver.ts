import type { Certificate } from "../certificate-document.ts";
import type { AppliedWaiver } from "../waivers.ts";
import { capital, cellWords, counted, day, plural } from "../wording.ts";

/** The waivers of the plan with what each covers. */
export interface WaiversView {
  readonly finding: string;
  readonly items: readonly WaiverView[];
}

/** One waiver. */
export interface WaiverView {
  readonly letter: string;
  readonly anchor: string;
  readonly state: string;
  readonly covers: string;
  readonly cells: string;
  readonly reason: string;
  readonly ticket: string;
  readonly approver: string;
  readonly until: string;
  readonly tests: readonly string[];
  readonly accepts: readonly string[];
  /** For the cover, in one sentence; empty where the waiver covers nothing. */
  readonly short: string;
}

/** The waivers in view, or null where the plan has none. */
export function waiversView(certificate: Certificate): WaiversView | null {
  const { waivers } = certificate;
  if (waivers.length === 0) return null;
  const used = waivers.filter(isUsed).length;
  const idle = waivers.length - used;
  const counts = used === 0 ? "" : `${capital(counted(used))} ${used === 1 ? "waiver counts" : "waivers count"}.`;
  const rest =
    idle === 0
      ? ""
      : `${capital(counted(idle))} ${idle === 1 ? "is" : "are"} not needed: nothing fails that ${idle === 1 ? "it is" : "they are"} about.`;
  return {
    finding: [counts, rest].filter((text) => text !== "").join(" "),
    items: waivers.map((waiver) => waiverView(waiver, certificate)),
  };
}

function isUsed({ tests, accepts }: AppliedWaiver): boolean {
  return tests.length + accepts.length > 0;
}

function waiverView(waiver: AppliedWaiver, { cells, titles }: Certificate): WaiverView {
  const { letter, scope, tests, accepts, expires } = waiver;
  const words = cells.filter((cell) => waiver.cells.includes(cell.id)).map((cell) => cellWords(cell.values, titles));
  const parts = [
    scope.test === undefined ? "" : `test ${scope.test}`,
    scope.scenario === undefined ? "" : `scenario ${scope.scenario}`,
    scope.suite === undefined ? "" : `suite ${scope.suite}`,
    scope.cell === undefined ? "" : `cell ${scope.cell}`,
  ].filter((part) => part !== "");
  const where = words.length === 0 ? "" : words.length > 4 ? plural(words.length, "cell") : words.join("; ");
  return {
    letter,
    anchor: `waiver-${letter}`,
    state: isUsed(waiver) ? "In force" : "Not needed",
    covers: capital(parts.join(", ") || "everything"),
    cells: where,
    reason: waiver.reason,
    ticket: waiver.ticket,
    approver: waiver.approver,
    until: `until ${day(expires)}`,
    tests,
    accepts,
    short: isUsed(waiver) ? shortWords(waiver) : "",
  };
}

function shortWords({ tests, accepts, expires, ticket }: AppliedWaiver): string {
  const fails = tests.length === 0 ? "" : `${plural(tests.length, "test")} ${tests.length === 1 ? "fails" : "fail"}`;
  const lacks =
    accepts.length === 0
      ? ""
      : `${plural(accepts.length, "missing result")} ${accepts.length === 1 ? "is" : "are"} accepted`;
  const what = [fails, lacks].filter((part) => part !== "").join(" and ");
  return `${capital(what)} under a waiver until ${day(expires)}, ticket ${ticket}.`;
}
