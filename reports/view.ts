import type { Certificate, Remark } from "./certificate-document.ts";
import type { SealedCertificate } from "./seal.ts";
import type { Verdict } from "./verdict.ts";
import { type CauseView, causesFinding, causeViews } from "./view/cause.ts";
import {
  type AttemptsView,
  attemptViews,
  digestWords,
  type LeftView,
  leftView,
  type PackageView,
  packageViews,
  type ServerView,
  type SourceView,
  serverViews,
  sourcesFinding,
  sourceViews,
} from "./view/inventory.ts";
import { type MatrixView, matrixView } from "./view/matrix.ts";
import { type SuiteView, suitesFinding, suiteViews } from "./view/suite.ts";
import { type TimelineView, timelineView } from "./view/timeline.ts";
import { visible, visibleText } from "./visible-text.ts";
import { capital, clock, counted, day, duration, listed, plural, shortDigest } from "./wording.ts";

/** Everything that the templates show: words, marks and links, decided here. Nothing is null but a missing clause. */
export interface CertificateView {
  readonly title: string;
  readonly verdict: Verdict;
  readonly product: string;
  readonly cover: CoverView;
  readonly clauses: readonly {
    readonly number: string;
    readonly anchor: string;
    readonly title: string;
    readonly count: string;
  }[];
  readonly numbers: Readonly<Record<ClauseName, string>>;
  readonly matrix: MatrixView;
  readonly causes: { readonly finding: string; readonly items: readonly CauseView[] } | null;
  readonly suites: { readonly finding: string; readonly items: readonly SuiteView[] };
  readonly timeline: TimelineView | null;
  readonly servers: { readonly left: LeftView; readonly items: readonly ServerView[] };
  readonly origin: ProductView;
  readonly remarks: {
    readonly finding: string;
    readonly items: readonly Remark[];
    readonly attempts: readonly AttemptsView[];
  } | null;
  readonly seal: SealView;
  readonly made: string;
}

/** The cover: the decision and what it rests on. */
export interface CoverView {
  readonly over: string;
  readonly lead: string;
  readonly rest: string;
  readonly causes: readonly { readonly letter: string; readonly mark: Verdict; readonly title: string }[];
  readonly more: string;
  readonly note: { readonly title: string; readonly text: string; readonly command: string };
  readonly facts: readonly {
    readonly label: string;
    readonly value: string;
    readonly mono: boolean;
    readonly second: string;
  }[];
}

interface ProductView {
  readonly finding: string;
  readonly sources: readonly SourceView[];
  readonly packages: readonly PackageView[];
  readonly params: readonly { readonly name: string; readonly value: string }[];
}

interface SealView {
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly command: string;
  readonly answer: string;
}

type ClauseName = "platforms" | "causes" | "suites" | "time" | "servers" | "product" | "remarks" | "seal";

/** More causes than this are counted on the cover and shown in their clause. */
const causesOnCover = 8;

/** What a reader sees of a certificate: pure. Every text from outside is made visible before anything else. */
export function certificateView(sealed: SealedCertificate): CertificateView {
  const certificate = visible(sealed.certificate);
  const { product } = certificate;
  const name = [product.name, product.version ?? ""].filter((part) => part !== "").join(" ");
  const causes = causeViews(certificate);
  const view = {
    matrix: matrixView(certificate),
    causes: causes.length === 0 ? null : { finding: causesFinding(certificate), items: causes },
    suites: { finding: suitesFinding(certificate), items: suiteViews(certificate) },
    timeline: timelineView(certificate),
    servers: { left: leftView(certificate), items: serverViews(certificate) },
    remarks: remarksView(certificate),
  };
  const clauses = clausesOf(view);
  return {
    title: `${certificate.headline.lead} ${certificate.headline.rest}. ${name}`,
    verdict: certificate.verdict,
    product: name,
    cover: coverView(certificate, { name, digest: sealed.digest, causes }),
    clauses,
    numbers: numbersOf(clauses),
    ...view,
    origin: productView(certificate),
    seal: sealView(certificate, sealed.digest),
    made: `Made by edgecert ${certificate.tool.version} from ${plural(certificate.events, "event")}. A missing, damaged or incomplete result is never counted as passed.`,
  };
}

function clausesOf(
  view: Pick<CertificateView, "causes" | "timeline" | "remarks" | "suites">,
): CertificateView["clauses"] {
  const all: readonly (readonly [ClauseName, string, string, boolean])[] = [
    ["platforms", "Verified platforms", "", true],
    ["causes", "Failures by cause", String(view.causes?.items.length ?? ""), view.causes !== null],
    ["suites", "Suites", "", true],
    ["time", "Time", "", view.timeline !== null],
    ["servers", "Servers", "", true],
    ["product", "Packages", "", true],
    ["remarks", "Remarks", String(view.remarks?.items.length || ""), view.remarks !== null],
    ["seal", "Seal", "", true],
  ];
  return all
    .filter(([, , , shown]) => shown)
    .map(([anchor, title, count], index) => ({ number: String(index + 1), anchor, title, count }));
}

function numbersOf(clauses: CertificateView["clauses"]): CertificateView["numbers"] {
  const number = (name: ClauseName) => clauses.find((clause) => clause.anchor === name)?.number ?? "";
  return {
    platforms: number("platforms"),
    causes: number("causes"),
    suites: number("suites"),
    time: number("time"),
    servers: number("servers"),
    product: number("product"),
    remarks: number("remarks"),
    seal: number("seal"),
  };
}

function coverView(
  certificate: Certificate,
  of: { readonly name: string; readonly digest: string; readonly causes: readonly CauseView[] },
): CoverView {
  const { headline, pipeline, run } = certificate;
  const hidden = of.causes.length - causesOnCover;
  return {
    over: `Certificate of ${of.name}, pipeline ${pipeline}, run ${run}`,
    ...headline,
    causes: of.causes.slice(0, causesOnCover).map(({ letter, mark, title }) => ({ letter, mark, title })),
    more: hidden > 0 ? `and ${plural(hidden, "more cause")}` : "",
    note: noteView(certificate),
    facts: factsView(certificate, of),
  };
}

function noteView(certificate: Certificate): CoverView["note"] {
  const { cells, causes, packages, plan, run, verdict } = certificate;
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
  if (green)
    return { title: "Nobody has to approve this.", text: `${binds}. The pipeline asks for no approval.`, command: "" };
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
  const { sources, plan, startedAt, finishedAt, cells, packages } = certificate;
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
      second: `${plural(cells.length, "cell")}, ${plural(plan.suites, "suite")} expected`,
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

function productView(certificate: Certificate): ProductView {
  const { params } = certificate;
  const entries = typeof params === "object" && params !== null ? Object.entries(params) : [["value", params] as const];
  return {
    finding: sourcesFinding(certificate),
    sources: sourceViews(certificate),
    packages: packageViews(certificate),
    params: entries.map(([name, value]) => ({
      name: visibleText(name),
      value: visibleText(typeof value === "string" ? value : (JSON.stringify(value) ?? "")),
    })),
  };
}

function remarksView(certificate: Certificate): CertificateView["remarks"] {
  const { remarks } = certificate;
  const attempts = attemptViews(certificate);
  if (remarks.length === 0 && attempts.length === 0) return null;
  const changed = remarks.filter((remark) => remark.effect !== "none").length;
  const noticed =
    remarks.length === 0
      ? ""
      : `${capital(counted(changed))} of ${plural(remarks.length, "remark")} changed a verdict.`;
  const tried =
    attempts.length === 0
      ? ""
      : `${capital(counted(attempts.length))} ${attempts.length === 1 ? "step was" : "steps were"} tried more than once.`;
  return { finding: [noticed, tried].filter((text) => text !== "").join(" "), items: remarks, attempts };
}

function sealView(certificate: Certificate, digest: string): SealView {
  const { plan, run, tool, events, resumed } = certificate;
  return {
    facts: [
      { label: "Certificate", value: `sha256:${digestWords(digest)}` },
      { label: "Plan", value: `sha256:${digestWords(plan.digest)}` },
      { label: "Run", value: run },
      {
        label: "Events",
        value: `${plural(events, "event")}${resumed === 0 ? "" : `, resumed ${plural(resumed, "time")}`}`,
      },
      { label: "Made by", value: `${tool.name} ${tool.version}` },
    ],
    command: "sha256sum certificate.json",
    answer: `Prints ${digest.slice(0, 12)}… as long as nobody has changed the document.`,
  };
}
