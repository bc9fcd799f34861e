import type { Cause, Certificate, CertifiedServer, EvidenceFile } from "../certificate-document.ts";
import { cellWords, listed, size } from "../wording.ts";
import { fileLink, type LinkView } from "./mark.ts";

/** Where a cause was seen, cell by cell: servers that are alike share a line. */
export interface PlaceView {
  readonly cell: string;
  readonly servers: readonly string[];
  readonly links: readonly LinkView[];
}

type Scope = Readonly<Record<string, string>>;

/** What a certificate knows of each scope, found once for all causes. */
export type ScopeIndex = ReadonlyMap<string, PlaceView>;

/** Because what keeps a suite from running happens in other nodes of the cell, all that worked for it are looked at. */
export function scopeIndex({ suites, servers, evidence, timings, titles }: Certificate): ScopeIndex {
  const key = ({ scope }: { readonly scope: Scope }) => JSON.stringify(scope);
  const [ownSuites, ownServers] = [Map.groupBy(suites, key), Map.groupBy(servers, key)];
  const ownEvidence = Map.groupBy(evidence, (file) => file.node);
  const nodes = Map.groupBy([...timings, ...suites], key);
  const scopes = new Map([...timings, ...suites, ...servers].map((one) => [key(one), one.scope]));
  return new Map(
    [...scopes].map(([id, scope]) => {
      const alike = Map.groupBy(ownServers.get(id) ?? [], factsOf);
      const names = [...new Set((nodes.get(id) ?? []).map((one) => one.node))];
      return [
        id,
        {
          cell: cellWords(scope, titles) || "Whole run",
          servers: [...alike].map(([facts, some]) => `${listed(some.map((server) => server.name))}: ${facts}`),
          links: [
            ...(ownSuites.get(id) ?? []).flatMap((suite) =>
              suite.log === null ? [] : [fileLink(`log of ${suite.suite}`, suite.log)],
            ),
            ...names.flatMap((node) => ownEvidence.get(node) ?? []).map(evidenceLink),
          ],
        },
      ];
    }),
  );
}

/** The places of a cause, those with nothing to tell left out. */
export function placesOf(cause: Cause, { cells, suites }: Certificate, index: ScopeIndex): readonly PlaceView[] {
  const nodes = new Set(cause.nodes);
  const scopes = suites.filter((suite) => nodes.has(suite.node)).map((suite) => suite.scope);
  const affected = cells.filter((cell) => cause.cells.includes(cell.id)).map((cell) => cell.values);
  const whole = cause.verdict === "failed" ? scopes : [...scopes, ...affected];
  return [...new Set(whole.map((scope) => JSON.stringify(scope)))].flatMap((id) => {
    const place = index.get(id);
    return place === undefined || place.servers.length + place.links.length === 0 ? [] : [place];
  });
}

function factsOf({ facts }: CertifiedServer): string {
  const host = facts.hostClass.replace("on-premises", "on premises");
  const speed = facts.acceleration === "kvm" ? "KVM" : "emulated";
  return `kernel ${facts.kernel}, ${speed}, ${facts.provider}, ${host}, image ${facts.imageDigest.slice(0, 8)}`;
}

function evidenceLink({ kind, host, file, attempt }: EvidenceFile): LinkView {
  const name = kind === "log" || kind === "other" ? (file.path.split("/").at(-1) ?? kind) : kind;
  const of = host === null ? "" : ` of ${host}`;
  return fileLink(`${name}${of}, ${size(file.bytes)}${attempt > 1 ? `, attempt ${attempt}` : ""}`, file.path);
}
