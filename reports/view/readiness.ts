import type { Certificate } from "../certificate-document.ts";
import { originalReadiness, type Readiness } from "../readiness.ts";
import { capital, cellWords, counted, duration, plural } from "../wording.ts";

/** Time to ready against the 12 minutes of the original. Positions are percentages with a sign. */
export interface ReadinessView {
  readonly finding: string;
  readonly original: { readonly half: string; readonly whole: string; readonly took: string };
  readonly shown: readonly ReadinessRow[];
  readonly rest: readonly ReadinessRow[];
  readonly unfold: string;
}

interface ReadinessRow {
  readonly words: string;
  readonly place: string;
  readonly provision: string;
  readonly configure: string;
  readonly took: string;
  readonly phases: string;
  readonly against: string;
  readonly over: boolean;
}

const original = originalReadiness.provisionMs + originalReadiness.configureMs;

/** Rows that stand open; of more, the slowest do. */
const openRows = 14;

/** The readiness of every group of servers, or null where none is recorded. */
export function readinessView(certificate: Certificate): ReadinessView | null {
  const { readiness, servers, titles } = certificate;
  if (readiness.length === 0) return null;
  const took = (one: Readiness) => one.provisionMs + one.configureMs;
  const longest = readiness.reduce((most, one) => Math.max(most, took(one)), original);
  const axis = longest * 1.04;
  const percent = (milliseconds: number) => `${((milliseconds / axis) * 100).toFixed(2)}%`;
  const places = new Map(
    servers.map(({ node, facts }) => [
      node,
      `${facts.provider}, ${facts.hostClass.replace("on-premises", "on premises")}`,
    ]),
  );
  const many = readiness.length > openRows;
  const sorted = many ? readiness.toSorted((left, right) => took(right) - took(left)) : readiness;
  const rows = sorted.map((one) => ({
    words: cellWords(one.scope, titles) || "Whole run",
    place: `${places.get(one.node) ?? one.node}${askedWords(one)}`,
    provision: percent(one.provisionMs),
    configure: percent(one.configureMs),
    took: duration(took(one)),
    phases: `provision ${duration(one.provisionMs)}, configure ${duration(one.configureMs)}`,
    against: againstWords(took(one)),
    over: took(one) > original,
  }));
  return {
    finding: finding(readiness.map(took)),
    original: { half: percent(originalReadiness.provisionMs), whole: percent(original), took: duration(original) },
    shown: rows.slice(0, openRows),
    rest: rows.slice(openRows),
    unfold: `${plural(rows.length - openRows, "more group")} of servers, all quicker`,
  };
}

/** The places that did not serve, with their reasons, and how long each was asked. */
function askedWords({ rungs = [] }: Readiness): string {
  const vain = rungs.filter(({ reason }) => reason !== null);
  const words = vain.map(({ rung, place, reason, tookMs }) => {
    return `${[rung, place].filter((word) => word !== "").join(" ")}: ${reason}, ${duration(tookMs)}`;
  });
  return words.length === 0 ? "" : `, after ${words.join("; ")}`;
}

function againstWords(took: number): string {
  return took > original ? `${duration(took - original)} over` : `${duration(original - took)} under`;
}

function finding(took: readonly number[]): string {
  const over = took.filter((one) => one > original).length;
  const slowest = duration(took.reduce((most, one) => Math.max(most, one), 0));
  if (over > 0) {
    const some =
      took.length === 1 ? "The servers" : `${capital(counted(over))} of ${counted(took.length)} groups of servers`;
    return `${some} took longer than the 12 minutes of the original, up to ${slowest}.`;
  }
  if (took.length === 1) return `The servers were ready after ${slowest}, within the 12 minutes of the original.`;
  return `All ${counted(took.length)} groups of servers were ready within the 12 minutes of the original; the slowest took ${slowest}.`;
}
