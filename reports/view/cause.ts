import type { Cause, Certificate, CertifiedServer, FailedTest } from "../certificate-document.ts";
import type { Blame, Verdict } from "../verdict.ts";
import { capital, cellWords, counted, duration, listed, plural, sentence, shortDigest, size } from "../wording.ts";
import { fileHref, type LinkView, statusMark } from "./mark.ts";

/** One cause with everything that explains it. */
export interface CauseView {
  readonly letter: string;
  readonly anchor: string;
  readonly mark: Verdict;
  readonly title: string;
  readonly where: string;
  readonly margin: readonly string[];
  readonly detail: string;
  readonly next: string;
  readonly failures: readonly FailureView[];
  readonly servers: readonly { readonly cell: string; readonly name: string; readonly facts: string }[];
  readonly evidence: readonly LinkView[];
}

/** A failed test in full, once for all places where it failed in the same words. */
export interface FailureView {
  readonly name: string;
  readonly group: string;
  readonly meta: string;
  readonly broke: boolean;
  readonly message: string;
  readonly details: string;
  readonly lines: string;
  readonly stdout: string;
  readonly places: readonly {
    readonly anchor: string;
    readonly mark: Verdict;
    readonly cell: string;
    readonly note: string;
    readonly took: string;
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
    detail: cause.detail,
    next: cause.next,
    failures: [...Map.groupBy(own, same).values()].map((tests) => failureView(tests, certificate)),
    servers: serversOf(cause, certificate),
    evidence: evidenceOf(cause, certificate),
  };
}

function failureView(tests: readonly FailedTest[], certificate: Certificate): FailureView {
  const [first] = tests;
  const location = first?.location ?? null;
  const at = location === null ? "" : `${location.file}${location.line === null ? "" : `:${location.line}`}`;
  const details = first?.details ?? "";
  return {
    name: first?.name ?? "",
    group: [first?.class ?? "", first?.params ?? ""].filter((part) => part !== "").join(" "),
    meta: [`suite ${first?.suite ?? ""}`, first?.framework ?? "", at].filter((part) => part !== "").join(" · "),
    broke: first?.status === "error",
    message: first?.message || "The test failed without a message.",
    details,
    lines: plural(details.split("\n").length, "line"),
    stdout: first?.stdout ?? "",
    places: tests.map((test) => ({
      anchor: test.anchor,
      mark: statusMark[test.status],
      cell: cellWords(test.scope, certificate.titles) || "Whole run",
      note: placeNote(test),
      took: test.durationMs === null ? "" : duration(test.durationMs),
    })),
  };
}

function placeNote(test: FailedTest): string {
  const occurrence = test.occurrence > 1 ? `occurrence ${test.occurrence}` : "";
  const attempt = test.attempt > 1 || !test.counted ? `attempt ${test.attempt}` : "";
  return [occurrence, attempt, test.counted ? "" : "not counted"].filter((part) => part !== "").join(", ");
}

const says: Readonly<Record<Blame, string>> = {
  nobody: "",
  product: "",
  evidence: "None of its results counts as passed.",
  infrastructure: "This says nothing about the product.",
  person: "This says nothing about the product.",
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

function serversOf(cause: Cause, { servers, cells, titles, failures }: Certificate): CauseView["servers"] {
  const affected = cells.filter((cell) => cause.cells.includes(cell.id));
  const own = failures.filter((test) => test.cause === cause.letter).map((test) => JSON.stringify(test.scope));
  const scopes = new Set([...own, ...affected.map((cell) => JSON.stringify(cell.values))]);
  return servers
    .filter((server) => scopes.has(JSON.stringify(server.scope)))
    .map((server) => ({ cell: cellWords(server.scope, titles), name: server.name, facts: factsOf(server) }));
}

function factsOf({ facts, id }: CertifiedServer): string {
  const host = facts.hostClass.replace("on-premises", "on premises");
  const image = `image ${shortDigest(facts.imageDigest, 2)}`;
  return [id, facts.kernel, facts.acceleration.toUpperCase(), `${facts.provider}, ${host}`, image].join(" · ");
}

function evidenceOf(cause: Cause, certificate: Certificate): readonly LinkView[] {
  const { evidence, suites, titles } = certificate;
  const nodes = new Set([...cause.nodes, ...(cause.verdict === "failed" ? [] : nodesAbove(cause, certificate))]);
  const own = suites.filter((suite) => cause.nodes.includes(suite.node));
  const scopeOf = (node: string) => cellWords(own.find((suite) => suite.node === node)?.scope ?? {}, titles);
  const several = new Set(cause.nodes).size > 1;
  const named = (words: string, node: string) => (several ? `${scopeOf(node)}: ${words}` : words);
  return [
    ...own.flatMap((suite) =>
      suite.log === null ? [] : [{ words: named(`log of ${suite.suite}`, suite.node), href: fileHref(suite.log) }],
    ),
    ...evidence
      .filter((one) => nodes.has(one.node))
      .map((one) => {
        const of = one.host === null ? "" : ` of ${one.host}`;
        const name =
          one.kind === "log" || one.kind === "other" ? (one.file.path.split("/").at(-1) ?? one.kind) : one.kind;
        return { words: named(`${name}${of}, ${size(one.file.bytes)}`, one.node), href: fileHref(one.file.path) };
      }),
  ];
}

/** Because what keeps a suite from running happens in another node of the same cell, such as its servers. */
function nodesAbove(cause: Cause, { cells, timings }: Certificate): readonly string[] {
  const affected = cells.filter((cell) => cause.cells.includes(cell.id));
  return timings
    .filter(({ scope }) =>
      affected.some((cell) => Object.entries(scope).every(([axis, value]) => cell.values[axis] === value)),
    )
    .map((timing) => timing.node);
}

/** What clause and cover say about all causes together. */
export function causesFinding({ causes }: Certificate): string {
  const open = causes.filter((cause) => cause.verdict !== "passed-with-retries").length;
  const retries = causes.length - open;
  const explain = `${capital(counted(open))} ${open === 1 ? "cause explains" : "causes explain"} everything that is not green.`;
  const again = `${capital(counted(retries))} ${retries === 1 ? "trouble" : "troubles"} went away with another attempt.`;
  return [open > 0 ? explain : "", retries > 0 ? again : ""].filter((text) => text !== "").join(" ");
}
