import type { Certificate } from "../certificate-document.ts";
import type { Verdict } from "../verdict.ts";
import { capital, clock, counted, day, duration, listed, plural, shortDigest } from "../wording.ts";
import type { CauseView } from "./cause.ts";
import { leftView } from "./inventory.ts";
import { suitesFinding } from "./suite.ts";

/** The cover: the decision and what it rests on. */
export interface CoverView {
  readonly over: string;
  readonly lead: string;
  readonly rest: string;
  readonly causes: readonly {
    readonly letter: string;
    readonly mark: Verdict;
    readonly title: string;
    readonly cells: string;
  }[];
  readonly more: string;
  /** Said where there is no cause to tell of. */
  readonly summary: string;
  readonly note: { readonly title: string; readonly text: string; readonly command: string };
  readonly facts: readonly {
    readonly label: string;
    readonly value: string;
    readonly mono: boolean;
    readonly second: string;
  }[];
}

/** More causes than this are counted on the cover and shown in their clause. */
const causesOnCover = 8;

/** The cover of a certificate: `name` is the product with its version, `digest` that of the sealed document. */
export function coverView(
  certificate: Certificate,
  of: { readonly name: string; readonly digest: string; readonly causes: readonly CauseView[] },
): CoverView {
  const { headline, pipeline, run } = certificate;
  const hidden = of.causes.length - causesOnCover;
  return {
    over: `Certificate of ${of.name}, pipeline ${pipeline}, run ${run}`,
    ...headline,
    causes: of.causes.slice(0, causesOnCover).map(({ letter, mark, title, cells }) => ({ letter, mark, title, cells })),
    more: hidden > 0 ? `and ${plural(hidden, "more cause")}` : "",
    summary: `${suitesFinding(certificate)} ${leftView(certificate).finding}`,
    note: noteView(certificate),
    facts: factsView(certificate, of),
  };
}

function noteView(certificate: Certificate): CoverView["note"] {
  const { cells, causes, packages, partial, plan, run, verdict } = certificate;
  const green = verdict === "passed" || verdict === "passed-with-retries";
  const open = cells.filter((cell) => cell.verdict !== "passed" && cell.verdict !== "passed-with-retries").length;
  const blocking = causes.filter((cause) => cause.verdict !== "passed-with-retries").map((cause) => cause.letter);
  const binds = `It binds this file and ${plural(packages.length, "package")}`;
  if (green && plan.approvals.length > 0) {
    return {
      title: "You can approve this.",
      text: `${binds}; void if either changes.`,
      command: `edgecert approve ${run}`,
    };
  }
  if (green) return { title: "No approval is asked for.", text: `${binds.replace("It", "The verdict")}.`, command: "" };
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

function factsView(
  certificate: Certificate,
  of: { readonly name: string; readonly digest: string },
): CoverView["facts"] {
  const { sources, plan, partial, startedAt, finishedAt, cells, packages } = certificate;
  const selected = cells.filter((cell) => cell.blame !== "selection").length;
  const share = partial === undefined ? "" : `${selected} of `;
  const [source] = sources;
  const left = leftView(certificate);
  const took = startedAt === null || finishedAt === null ? null : Date.parse(finishedAt) - Date.parse(startedAt);
  const digests = packages.map((one) => shortDigest(one.file.sha256, 2));
  const commit =
    source === undefined
      ? "no source was fetched"
      : `commit ${source.commit.slice(0, 8)}${source.dirty ? ", with changes" : ""}`;
  const time = startedAt === null ? "Not recorded" : `${clock(startedAt)} to ${clock(finishedAt ?? startedAt)} UTC`;
  return [
    { label: "Product", value: of.name, mono: false, second: commit },
    {
      label: "Plan",
      value: shortDigest(plan.digest),
      mono: true,
      second: `${share}${plural(cells.length, "cell")}, ${plural(plan.suites, "suite")} expected`,
    },
    {
      label: "Started and finished",
      value: time,
      mono: false,
      second: startedAt === null ? "" : `${day(startedAt)}, took ${duration(took ?? 0)}`,
    },
    {
      label: "Packages",
      value: plural(packages.length, "file"),
      mono: false,
      second: digests.slice(0, 2).join(", ") + (digests.length > 2 ? ", …" : ""),
    },
    { label: "Left behind", value: left.short, mono: false, second: left.second },
    { label: "Seal", value: shortDigest(of.digest), mono: true, second: "sha256 of certificate.json" },
  ];
}
