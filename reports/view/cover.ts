import type { Certificate } from "../certificate-document.ts";
import { capital, clock, counted, day, duration, listed, plural, shortDigest } from "../wording.ts";
import type { CauseView } from "./cause.ts";
import { quoted } from "./command.ts";
import { leftView } from "./inventory.ts";
import type { CauseMark } from "./mark.ts";
import { suitesFinding } from "./suite.ts";
import type { WaiversView } from "./waiver.ts";

/** The cover: the decision and what it rests on. */
export interface CoverView {
  readonly over: string;
  readonly lead: string;
  readonly rest: string;
  readonly causes: readonly CoverRow[];
  readonly more: string;
  readonly waivers: readonly { readonly letter: string; readonly anchor: string; readonly text: string }[];
  /** Said where there is no cause to tell of. */
  readonly summary: string;
  /** What the verdict does not rest on; empty where it rests on a plan. */
  readonly caveat: { readonly title: string; readonly text: string } | null;
  readonly note: { readonly title: string; readonly text: string; readonly command: string };
  readonly facts: readonly FactView[];
  readonly packages: readonly { readonly name: string; readonly digest: string }[];
  readonly morePackages: string;
}

interface CoverRow {
  readonly letter: string;
  readonly mark: CauseMark;
  readonly title: string;
  readonly cells: string;
  readonly age: string;
}

interface FactView {
  readonly label: string;
  readonly value: string;
  readonly mono: boolean;
  readonly second: string;
}

/** More causes, waivers or packages than this are counted on the cover and shown in their clauses. */
const onCover = { causes: 8, packages: 6 } as const;

/** What the cover takes from the rest of the page. */
export interface CoverSources {
  /** The product with its version. */
  readonly name: string;
  /** Of the sealed document. */
  readonly digest: string;
  readonly causes: readonly CauseView[];
  readonly waivers: WaiversView | null;
}

/** The cover of a certificate. */
export function coverView(certificate: Certificate, of: CoverSources): CoverView {
  const { headline, pipeline, run, packages } = certificate;
  const hidden = of.causes.length - onCover.causes;
  const left = packages.length - onCover.packages;
  const waived = (of.waivers?.items ?? []).filter((waiver) => waiver.short !== "");
  return {
    over: `Certificate of ${of.name}, pipeline ${pipeline}, run ${run}`,
    ...headline,
    causes: of.causes
      .slice(0, onCover.causes)
      .map(({ letter, mark, title, cells, age }) => ({ letter, mark, title, cells, age })),
    more: hidden > 0 ? `and ${plural(hidden, "more cause")}` : "",
    waivers: waived.map(({ letter, anchor, short }) => ({ letter, anchor, text: short })),
    summary: `${suitesFinding(certificate)} ${leftView(certificate).finding}`,
    caveat: caveatOf(certificate),
    note: noteView(certificate),
    facts: factsView(certificate, of),
    packages: packages
      .slice(0, onCover.packages)
      .map(({ file }) => ({ name: file.path.split("/").at(-1) ?? file.path, digest: shortDigest(file.sha256, 4) })),
    morePackages: left > 0 ? `and ${plural(left, "more package")}` : "",
  };
}

const caveats: Readonly<Record<Certificate["completeness"], CoverView["caveat"]>> = {
  planned: null,
  expected: {
    title: "Results alone.",
    text: "Something else made these results; they are complete against a list of expected cells and suites.",
  },
  unknown: {
    title: "Completeness is unknown.",
    text: "No plan and no list says which cells and suites must be here, so nobody can tell what is missing.",
  },
};

function caveatOf({ completeness, reproduces }: Certificate): CoverView["caveat"] {
  if (reproduces === undefined) return caveats[completeness];
  const test = reproduces.test === undefined ? "" : `, limited to the test ${reproduces.test}`;
  return {
    title: "A reproduction.",
    text: `It repeats ${reproduces.cell} of run ${reproduces.run}${test}, for a person to look at. Nothing in it counts.`,
  };
}

function noteView(certificate: Certificate): CoverView["note"] {
  const { cells, causes, packages, partial, plan, run, verdict } = certificate;
  const green = verdict === "passed" || verdict === "passed-with-retries";
  const open = cells.filter((cell) => cell.verdict !== "passed" && cell.verdict !== "passed-with-retries").length;
  const blocking = causes
    .filter((cause) => cause.verdict !== "passed-with-retries" && cause.verdict !== "passed")
    .map((cause) => cause.letter);
  const binds = packages.length === 0 ? "this file" : `this file and ${plural(packages.length, "package")}`;
  if (green && plan.approvals.length > 0) {
    return {
      title: "You can approve this.",
      text: `It binds ${binds}; void if either changes.`,
      command: `edgecert approve ${quoted(run)}`,
    };
  }
  if (green) return { title: "No approval is asked for.", text: `The verdict binds ${binds}.`, command: "" };
  const others = cells.filter((cell) => cell.blame === "selection").length;
  if (partial !== undefined && open === others) {
    const which = `${capital(counted(others))} ${others === 1 ? "cell was" : "cells were"} not selected`;
    const text = `${which}, so only a run of the whole matrix can be approved.`;
    return { title: "This is a partial run.", text, command: "" };
  }
  const what = `${capital(counted(open))} ${open === 1 ? "cell has" : "cells have"} no passing result.`;
  const mend =
    blocking.length === 0 || blocking.length > 4
      ? ""
      : ` Once ${listed(blocking)} ${blocking.length === 1 ? "is" : "are"} settled, run it again.`;
  const title = plan.approvals.length > 0 ? "You cannot approve this." : "This certifies nothing yet.";
  return { title, text: what + mend, command: "" };
}

function factsView(certificate: Certificate, of: CoverSources): CoverView["facts"] {
  const left = leftView(certificate);
  return [
    { label: "Product", value: of.name, mono: false, second: commitWords(certificate) },
    definitionFact(certificate),
    expectedFact(certificate),
    timeFact(certificate),
    { label: "Left behind", value: left.short, mono: false, second: left.second },
    { label: "Seal", value: shortDigest(of.digest), mono: true, second: "sha256 of certificate.json" },
  ];
}

function commitWords({ sources }: Certificate): string {
  const [source] = sources;
  if (source === undefined) return "no source was fetched";
  const more = sources.length === 1 ? "" : `, and ${plural(sources.length - 1, "more source")}`;
  return `commit ${source.commit.slice(0, 8)}${source.dirty ? ", with changes" : ""}${more}`;
}

function definitionFact({ definition, tool, pipeline }: Certificate): FactView {
  const made = `edgecert ${tool.version}`;
  if (definition === null) return { label: "Definition", value: pipeline, mono: false, second: made };
  const file = definition.file.split("/").at(-1) ?? definition.file;
  const commit =
    definition.commit === null
      ? `in no repository, sha256 ${definition.sha256.slice(0, 8)}`
      : `commit ${definition.commit.slice(0, 8)}${definition.dirty ? ", with changes" : ""}`;
  return { label: "Definition", value: file, mono: false, second: `${commit}, ${made}` };
}

function expectedFact({ plan, partial, cells, completeness }: Certificate): FactView {
  const selected = cells.filter((cell) => cell.blame !== "selection").length;
  const share = partial === undefined ? "" : `${selected} of `;
  const counts = `${share}${plural(cells.length, "cell")}, ${plural(plan.suites, "suite")}`;
  if (completeness === "unknown") {
    return { label: "Expected", value: "Nobody said", mono: false, second: `${counts} found` };
  }
  if (completeness === "expected") {
    return { label: "Expected", value: counts, mono: false, second: "by a list" };
  }
  return { label: "Plan", value: shortDigest(plan.digest), mono: true, second: `${counts} expected` };
}

function timeFact({ startedAt, finishedAt, requestedBy }: Certificate): FactView {
  const by = requestedBy === null ? "" : `by ${requestedBy}`;
  if (startedAt === null) return { label: "Started and finished", value: "Not recorded", mono: false, second: by };
  const took = finishedAt === null ? "" : `took ${duration(Date.parse(finishedAt) - Date.parse(startedAt))}`;
  const second = [day(startedAt), took, by].filter((part) => part !== "").join(", ");
  const value = `${clock(startedAt)} to ${clock(finishedAt ?? startedAt)} UTC`;
  return { label: "Started and finished", value, mono: false, second };
}
