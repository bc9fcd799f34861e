import type { ServerDescription } from "../../pipelines/dsl/event.ts";
import type { Certificate, CertifiedLeftover } from "../certificate-document.ts";
import type { Verdict } from "../verdict.ts";
import {
  capital,
  cellWords,
  clock,
  counted,
  day,
  duration,
  plural,
  sentence,
  shortDigest,
  size,
  valueWords,
} from "../wording.ts";
import { costWords } from "./cost.ts";
import { fileLink, type LinkView } from "./mark.ts";

/** A server as a row. */
export interface ServerView {
  readonly mark: Verdict | "none";
  readonly cell: string;
  readonly name: string;
  readonly os: string;
  readonly image: string;
  readonly kernel: string;
  readonly host: string;
  readonly start: string;
  readonly ready: string;
  readonly back: string;
  /** What the server said about itself; empty where it did not come so far. */
  readonly about: string;
  readonly packages: LinkView | null;
}

/** Every server that answered, in the order in which they did. */
export function serverViews({ servers, cells, titles }: Certificate): readonly ServerView[] {
  const verdicts = new Map(cells.map((cell) => [JSON.stringify(cell.values), cell.verdict]));
  return servers.map(({ scope, name, os, facts, attempt, readyAt, releasedAt, description }) => ({
    mark: verdicts.get(JSON.stringify(scope)) ?? "none",
    cell: (cellWords(scope, titles) || "Whole run") + (attempt > 1 ? `, attempt ${attempt}` : ""),
    name,
    os: valueWords(os, titles),
    image: facts.imageDigest.slice(0, 8),
    kernel: facts.kernel,
    host: `${facts.provider}, ${facts.hostClass.replace("on-premises", "on premises")}`,
    start: `${facts.acceleration === "kvm" ? "KVM" : "emulated"}, ${facts.startMode}`,
    ready: `${duration(facts.readyMs)}, at ${clock(readyAt)}`,
    back: releasedAt === null ? "not recorded" : clock(releasedAt),
    about: description === undefined ? "" : aboutWords(description),
    packages: description === undefined ? null : fileLink("installed packages", description.packages.path),
  }));
}

function aboutWords({ system, cpu, clockOffsetMs, clockErrorMs }: ServerDescription): string {
  const off = `${duration(Math.abs(clockOffsetMs))} ${clockOffsetMs < 0 ? "behind" : "ahead"}`;
  const clockWords = Math.abs(clockOffsetMs) <= clockErrorMs ? "" : `clock ${off}`;
  return [system, cpu, clockWords].filter((part) => part !== "").join(", ");
}

/** What is left, in words that are said only when they are proved. */
export interface LeftView {
  readonly short: string;
  readonly second: string;
  readonly finding: string;
  readonly proof: string;
  readonly items: readonly { readonly what: string; readonly detail: string; readonly next: string }[];
}

function keptWords({ until }: CertifiedLeftover, run: string): string {
  const when = until === undefined ? "when its lease expires" : `on ${day(until)} at ${clock(until)} UTC`;
  return `It goes ${when}, or at once with: edgecert list --machines --release ${run}`;
}

/** What the providers listed at the end, and what could not be given back. */
export function leftView({ leftovers, leaks, servers, run, completeness, cost }: Certificate): LeftView {
  const back = servers.filter((server) => server.releasedAt !== null).length;
  const price = cost === null ? "" : `, ${costWords(cost)}`;
  const second = `${back} of ${plural(servers.length, "server")} back${price}`;
  const items = leaks.map(({ node, failure }) => ({
    what: `${capital(node)} failed`,
    detail: `${sentence(failure.title)} ${failure.detail}`,
    next: failure.next,
  }));
  if (leftovers === null && completeness !== "planned") {
    const finding = "Nothing was asked about machines.";
    const proof = "This was made of result files alone: what they ran on is not known here.";
    return { short: "Not asked", second: "made of result files alone", finding, proof, items };
  }
  if (leftovers === null) {
    const finding = "It is not known what was left behind.";
    const proof = "The providers could not be asked. Until they are, machines may still cost money.";
    return { short: "Not known", second, finding, proof, items };
  }
  const listing = leftovers.map((one) => ({
    what: `${one.provider} ${one.id}`,
    detail: one.kept ? `Kept for ${one.node}, as the plan says.` : `Left by ${one.node}.`,
    next: one.kept ? keptWords(one, run) : "",
  }));
  const all =
    back === servers.length
      ? back === 1
        ? "It is"
        : "All of them are"
      : `${capital(counted(back))} of them are recorded as`;
  const none = servers.length === 0 ? "No server came up, and nothing was left behind." : null;
  return {
    short: plural(leftovers.length, "machine"),
    second,
    finding:
      leftovers.length === 0
        ? (none ??
          `${capital(counted(servers.length))} ${servers.length === 1 ? "server" : "servers"} came up. ${all} given back.`)
        : `${capital(counted(leftovers.length))} of the run's machines ${leftovers.length === 1 ? "is" : "are"} still there.`,
    proof: `At the end every provider was asked what carries the tag of run ${run}: ${leftovers.length} left.`,
    items: [...items, ...listing],
  };
}

/** A package as a row. */
export interface PackageView {
  readonly name: string;
  readonly version: string;
  readonly os: string;
  readonly bytes: string;
  readonly sha256: string;
  readonly link: LinkView;
}

/** The packages whose bytes the verdict is about. */
export function packageViews({ packages, titles }: Certificate): readonly PackageView[] {
  return packages.map(({ name, version, os, file }) => ({
    name,
    version,
    os: valueWords(os, titles),
    bytes: size(file.bytes),
    sha256: file.sha256,
    link: fileLink(file.path.split("/").at(-1) ?? file.path, file.path),
  }));
}

/** A source as a row. */
export interface SourceView {
  readonly name: string;
  readonly url: string;
  readonly ref: string;
  readonly commit: string;
  readonly tree: string;
  readonly state: string;
}

/** The sources as they were used. */
export function sourceViews({ sources }: Certificate): readonly SourceView[] {
  return sources.map(({ name, url, ref, commit, treeDigest, dirty }) => ({
    name,
    url,
    ref,
    commit,
    tree: treeDigest,
    state: dirty ? "with changes that are in no commit" : "as committed",
  }));
}

/** What the packages were made from, in one sentence. */
export function sourcesFinding({ packages, sources, product }: Certificate): string {
  const dirty = sources.some((source) => source.dirty);
  const from = dirty
    ? "from files that no commit holds"
    : sources.length === 1
      ? "from one commit"
      : "from the commits below";
  if (packages.length === 0) return `No package of ${product.name} was built.`;
  return `${capital(counted(packages.length))} ${packages.length === 1 ? "package was" : "packages were"} built ${from}.`;
}

/** Digest in groups, for the eye. */
export function digestWords(digest: string): string {
  return shortDigest(digest, digest.length / 4);
}
