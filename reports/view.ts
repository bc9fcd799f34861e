import type { Certificate, Remark } from "./certificate-document.ts";
import type { SealedCertificate } from "./seal.ts";
import type { Verdict } from "./verdict.ts";
import { type AttemptsView, attemptViews } from "./view/attempt.ts";
import { inAxisOrder } from "./view/axis-order.ts";
import { testBlock } from "./view/block.ts";
import { type CauseView, causeViews } from "./view/cause.ts";
import { causesFinding, causesTitle } from "./view/cause-words.ts";
import { type ChangeView, changeView } from "./view/change.ts";
import { type ClauseName, type ClauseView, clausesOf, numbersOf } from "./view/clause.ts";
import { type CostView, costView } from "./view/cost.ts";
import { type CoverView, coverView } from "./view/cover.ts";
import { type CoverageView, coverageView } from "./view/coverage.ts";
import { type FinderView, finderView } from "./view/finder.ts";
import {
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
import { type MeasuresView, measuresView } from "./view/measure.ts";
import { type ReadinessView, readinessView } from "./view/readiness.ts";
import { type SealView, sealView } from "./view/seal.ts";
import { type SuiteView, suitesFinding, suiteViews } from "./view/suite.ts";
import { type TimelineView, timelineView } from "./view/timeline.ts";
import { type WaiversView, waiversView } from "./view/waiver.ts";
import { visible, visibleText } from "./visible-text.ts";
import { capital, counted, plural, shortDigest } from "./wording.ts";

/** Everything that the templates show: words, marks and links, decided here. Null is a clause with nothing to say. */
export interface CertificateView {
  readonly title: string;
  readonly verdict: Verdict;
  readonly product: string;
  /** The lower left corner and the lower right one of every printed page. */
  readonly footer: { readonly left: string; readonly right: string };
  readonly cover: CoverView;
  readonly clauses: readonly ClauseView[];
  readonly numbers: Readonly<Record<ClauseName, string>>;
  readonly matrix: MatrixView;
  readonly causes: { readonly title: string; readonly finding: string; readonly items: readonly CauseView[] } | null;
  readonly changes: ChangeView | null;
  readonly coverage: CoverageView | null;
  readonly suites: { readonly finding: string; readonly items: readonly SuiteView[] };
  readonly finder: FinderView;
  /** All tests by name and the texts that do not stand open: base64 of gzip. */
  readonly block: string;
  readonly measures: MeasuresView | null;
  readonly readiness: ReadinessView | null;
  readonly timeline: TimelineView | null;
  readonly servers: { readonly left: LeftView; readonly items: readonly ServerView[]; readonly cost: CostView | null };
  readonly origin: ProductView;
  readonly waivers: WaiversView | null;
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

/** What a reader sees of a certificate: pure. Every text from outside is made visible before anything else. */
export function certificateView(sealed: SealedCertificate): CertificateView {
  const tests = sealed.certificate.suites.map((suite) => suite.tests);
  const certificate = inAxisOrder(visible(withoutTests(sealed.certificate)));
  const { product, headline, run, plan, events, tool } = certificate;
  const name = [product.name, product.version ?? ""].filter((part) => part !== "").join(" ");
  const causes = causeViews(certificate);
  const waivers = waiversView(certificate);
  const parts = {
    matrix: matrixView(certificate),
    causes:
      causes.items.length === 0
        ? null
        : { title: causesTitle(certificate), finding: causesFinding(certificate), items: causes.items },
    changes: changeView(certificate),
    coverage: coverageView(certificate),
    suites: { finding: suitesFinding(certificate), items: suiteViews(certificate) },
    measures: measuresView(certificate),
    readiness: readinessView(certificate),
    timeline: timelineView(certificate),
    servers: { left: leftView(certificate), items: serverViews(certificate), cost: costView(certificate) },
    waivers,
    remarks: remarksView(certificate),
  };
  const clauses = clausesOf(parts);
  return {
    title: `${headline.lead}: ${headline.rest}. ${name}`,
    verdict: certificate.verdict,
    product: name,
    footer: { left: `${name} · run ${run} · plan ${shortDigest(plan.digest, 3)}`, right: headline.lead },
    cover: coverView(certificate, { name, digest: sealed.digest, causes: causes.items, waivers }),
    clauses,
    numbers: numbersOf(clauses),
    ...parts,
    finder: finderView(certificate),
    block: testBlock({ certificate, tests, texts: causes.texts }),
    origin: productView(certificate),
    seal: sealView(certificate, sealed.digest),
    made: `Made by edgecert ${tool.version} from ${plural(events, "event")}. A missing, damaged or incomplete result is never counted as passed.`,
  };
}

/** Because the tests of a large certificate are read once, by the block, and never copied before. */
function withoutTests(certificate: Certificate): Certificate {
  return { ...certificate, suites: certificate.suites.map((suite) => ({ ...suite, tests: [] })) };
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
