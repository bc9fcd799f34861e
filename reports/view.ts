import type { Certificate, Remark } from "./certificate-document.ts";
import type { SealedCertificate } from "./seal.ts";
import type { Verdict } from "./verdict.ts";
import { inAxisOrder } from "./view/axis-order.ts";
import { type CauseView, causesFinding, causesTitle, causeViews } from "./view/cause.ts";
import { type CoverView, coverView } from "./view/cover.ts";
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
import { capital, counted, plural } from "./wording.ts";

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
  readonly causes: { readonly title: string; readonly finding: string; readonly items: readonly CauseView[] } | null;
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

/** What a reader sees of a certificate: pure. Every text from outside is made visible before anything else. */
export function certificateView(sealed: SealedCertificate): CertificateView {
  const certificate = inAxisOrder(visible(sealed.certificate));
  const { product } = certificate;
  const name = [product.name, product.version ?? ""].filter((part) => part !== "").join(" ");
  const causes = causeViews(certificate);
  const view = {
    matrix: matrixView(certificate),
    causes:
      causes.length === 0
        ? null
        : { title: causesTitle(certificate), finding: causesFinding(certificate), items: causes },
    suites: { finding: suitesFinding(certificate), items: suiteViews(certificate) },
    timeline: timelineView(certificate),
    servers: { left: leftView(certificate), items: serverViews(certificate) },
    remarks: remarksView(certificate),
  };
  const clauses = clausesOf(view);
  return {
    title: `${certificate.headline.lead}: ${certificate.headline.rest}. ${name}`,
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
    ["causes", view.causes?.title ?? "", String(view.causes?.items.length ?? ""), view.causes !== null],
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

function productView(certificate: Certificate): ProductView {
  const { params } = certificate;
  const entries = typeof params === "object" && params !== null ? Object.entries(params) : [["value", params] as const];
  return {
    finding: sourcesFinding(certificate),
    sources: sourceViews(certificate),
    packages: packageViews(certificate),
    params: entries
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, value]) => ({
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
      : remarks.length === 1
        ? `One remark, which changed ${changed === 1 ? "a" : "no"} verdict.`
        : `${capital(counted(changed))} of ${plural(remarks.length, "remark")} changed a verdict.`;
  const tried =
    attempts.length === 0
      ? ""
      : `${capital(counted(attempts.length))} ${attempts.length === 1 ? "step was" : "steps were"} tried more than once.`;
  return { finding: [noticed, tried].filter((text) => text !== "").join(" "), items: remarks, attempts };
}

function sealView(certificate: Certificate, digest: string): SealView {
  const { plan, run, follows, tool, events, resumed } = certificate;
  return {
    facts: [
      { label: "Certificate", value: `sha256:${digestWords(digest)}` },
      { label: "Plan", value: `sha256:${digestWords(plan.digest)}` },
      { label: "Run", value: follows === undefined ? run : `${run}, for the open cells of ${follows}` },
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
