import type { Cause, Certificate, CertifiedServer, EvidenceFile, FailedTest } from "../certificate-document.ts";
import type { Blame, Verdict } from "../verdict.ts";
import { capital, cellWords, counted, listed, plural, sentence, size } from "../wording.ts";
import { type FailureView, failureView } from "./failure.ts";
import { fileHref, type LinkView } from "./mark.ts";
import { type MiniatureView, miniatureView } from "./matrix.ts";

/** One cause with everything that explains it. */
export interface CauseView {
  readonly letter: string;
  readonly anchor: string;
  readonly mark: Verdict;
  readonly title: string;
  readonly where: string;
  readonly margin: readonly string[];
  readonly cells: string;
  readonly miniature: MiniatureView | null;
  readonly detail: string;
  readonly next: string;
  readonly failures: readonly FailureView[];
  /** The suites that it took the green from, where no failed test says so. */
  readonly suites: readonly {
    readonly anchor: string;
    readonly mark: Verdict;
    readonly suite: string;
    readonly cell: string;
    readonly read: string;
    readonly exit: string;
  }[];
  /** Where it ran, cell by cell: servers that are alike share a line. */
  readonly places: readonly {
    readonly cell: string;
    readonly servers: readonly string[];
    readonly links: readonly LinkView[];
  }[];
}

/** The causes in the order of their letters. */
export function causeViews(certificate: Certificate): readonly CauseView[] {
  return certificate.causes.map((cause) => causeView(cause, certificate));
}

function causeView(cause: Cause, certificate: Certificate): CauseView {
  const own = certificate.failures.filter((test) => test.cause === cause.letter);
  const same = (test: FailedTest) =>
    JSON.stringify([test.suite, test.class, test.name, test.params, test.message, test.details, test.stdout]);
  const names = new Set(own.map((test) => JSON.stringify([test.class, test.name, test.params])));
  const { cells } = cause;
  return {
    letter: cause.letter,
    anchor: `cause-${cause.letter}`,
    mark: cause.verdict,
    title: sentence(cause.title),
    where: where(cause, certificate),
    margin: [names.size === 0 ? "" : plural(names.size, "test"), plural(cells.length, "cell")].filter((line) => line),
    cells: plural(cells.length, "cell"),
    miniature: miniatureView(certificate, cause),
    detail: cause.detail,
    next: cause.next,
    failures: [...Map.groupBy(own, same).values()].map((tests, index) =>
      failureView(tests, { named: names.size > 1, open: index === 0 }, certificate),
    ),
    suites: own.length > 0 ? [] : suitesOf(cause, certificate),
    places: placesOf(cause, certificate),
  };
}

function suitesOf(cause: Cause, { suites, titles }: Certificate): CauseView["suites"] {
  return suites
    .filter((suite) => cause.nodes.includes(suite.node) && suite.verdict === cause.verdict)
    .map((suite) => ({
      anchor: suite.anchor,
      mark: suite.verdict,
      suite: suite.suite,
      cell: cellWords(suite.scope, titles) || "Whole run",
      read: suite.attempt === null ? "none" : String(suite.tests.length),
      exit: suite.attempt === null ? "none" : (suite.exitCode?.toString() ?? "unknown"),
    }));
}

const says: Readonly<Record<Blame, string>> = {
  nobody: "",
  product: "",
  evidence: "None of its results counts as passed.",
  infrastructure: "This says nothing about the product.",
  person: "This says nothing about the product.",
  selection: "This says nothing about the product.",
};

function where(cause: Cause, certificate: Certificate): string {
  const { titles } = certificate;
  const total = certificate.cells.length;
  const words = certificate.cells
    .filter((cell) => cause.cells.includes(cell.id))
    .map((cell) => cellWords(cell.values, titles));
  const every = cause.cells.length === total && total > 1;
  const cells = every
    ? `all ${counted(total)} cells`
    : words.length > 4
      ? `${words.length} of ${total} cells`
      : listed(words);
  if (cause.verdict === "passed-with-retries") return `${capital(cells)} passed when tried again.`;
  if (cause.verdict !== "failed") {
    const verb =
      cause.verdict === "inconclusive" ? (words.length === 1 ? "is inconclusive" : "are inconclusive") : "did not run";
    return `${capital(cells)} ${verb}. ${says[cause.blame]}`.trim();
  }
  const others = cause.passedIn.length;
  if (others === 0)
    return total === 1 || every ? `Fails in ${cells}.` : `Fails in ${cells}; no other cell ran it to a pass.`;
  const rest =
    others === 1 ? "passes in the other cell that ran it" : `passes in the other ${others} cells that ran it`;
  return `Fails only in ${cells}; ${rest}.`;
}

/** Because what keeps a suite from running happens in other nodes of the cell, all that worked for it are looked at. */
function placesOf(cause: Cause, certificate: Certificate): CauseView["places"] {
  const { cells, suites, servers, evidence, timings, titles } = certificate;
  const scopes = suites.filter((suite) => cause.nodes.includes(suite.node)).map((suite) => suite.scope);
  const affected = cells.filter((cell) => cause.cells.includes(cell.id)).map((cell) => cell.values);
  const whole = cause.verdict === "failed" ? scopes : [...scopes, ...affected];
  return [...new Map(whole.map((scope) => [JSON.stringify(scope), scope])).values()].flatMap((scope) => {
    const same = (one: { readonly scope: Scope }) => JSON.stringify(one.scope) === JSON.stringify(scope);
    const nodes = [...timings.filter(same), ...suites.filter(same)].map((one) => one.node);
    const alike = Map.groupBy(servers.filter(same), factsOf);
    const place = {
      cell: cellWords(scope, titles) || "Whole run",
      servers: [...alike].map(([facts, some]) => `${listed(some.map((server) => server.name))}: ${facts}`),
      links: [
        ...suites.filter(same).flatMap(logLink),
        ...evidence.filter((one) => nodes.includes(one.node)).map(evidenceLink),
      ],
    };
    return place.servers.length + place.links.length === 0 ? [] : [place];
  });
}

type Scope = Readonly<Record<string, string>>;

function factsOf({ facts }: CertifiedServer): string {
  const host = facts.hostClass.replace("on-premises", "on premises");
  const speed = facts.acceleration === "kvm" ? "KVM" : "emulated";
  return `kernel ${facts.kernel}, ${speed}, ${facts.provider}, ${host}, image ${facts.imageDigest.slice(0, 8)}`;
}

function logLink(suite: Certificate["suites"][number]): readonly LinkView[] {
  return suite.log === null ? [] : [{ words: `log of ${suite.suite}`, href: fileHref(suite.log) }];
}

function evidenceLink({ kind, host, file, attempt }: EvidenceFile): LinkView {
  const name = kind === "log" || kind === "other" ? (file.path.split("/").at(-1) ?? kind) : kind;
  const of = host === null ? "" : ` of ${host}`;
  return {
    words: `${name}${of}, ${size(file.bytes)}${attempt > 1 ? `, attempt ${attempt}` : ""}`,
    href: fileHref(file.path),
  };
}

/** The title of the clause: retries alone are not failures. */
export function causesTitle({ causes }: Certificate): string {
  return causes.every((cause) => cause.verdict === "passed-with-retries") ? "Retries by cause" : "Failures by cause";
}

/** What clause and cover say about all causes together. */
export function causesFinding({ causes }: Certificate): string {
  const open = causes.filter((cause) => cause.verdict !== "passed-with-retries").length;
  const retries = causes.length - open;
  const explain = `${capital(counted(open))} ${open === 1 ? "cause explains" : "causes explain"} everything that is not green.`;
  const again = `${capital(counted(retries))} ${retries === 1 ? "trouble" : "troubles"} went away with another attempt.`;
  return [open > 0 ? explain : "", retries > 0 ? again : ""].filter((text) => text !== "").join(" ");
}
