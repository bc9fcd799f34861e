import type { Event, SourceData } from "../pipelines/dsl/event.ts";
import type { Plan } from "../pipelines/dsl/plan-document.ts";
import type { CertifiedPackage, CertifiedServer, EvidenceFile, NodeAttempts } from "./certificate-document.ts";
import type { NodeRecord } from "./record.ts";

/** The sources as they were last fetched, one per name. */
export function sourcesOf(events: readonly Event[]): readonly SourceData[] {
  const fetched = events.flatMap((event) => (event.type === "source.fetched" ? [event.data] : []));
  return [...new Map(fetched.map((source) => [source.name, source])).values()];
}

/** The packages of the last attempt of every node that built some, one per file. */
export function packagesOf(events: readonly Event[]): readonly CertifiedPackage[] {
  const lastAttempt = new Map(events.map((event) => [event.node, event.attempt ?? 1]));
  const built = events.flatMap((event) =>
    event.type === "package.built" && (event.attempt ?? 1) === lastAttempt.get(event.node) ? [event.data] : [],
  );
  return [...new Map(built.map((one) => [one.file.path, one])).values()];
}

/** Every server that answered, also those of earlier attempts, with the time it was given back. */
export function serversOf(plan: Plan, events: readonly Event[]): readonly CertifiedServer[] {
  const released = new Map(
    events.flatMap((event) => (event.type === "server.released" ? [[event.data.id, event.at]] : [])),
  );
  const described = new Map(
    events.flatMap((event) => {
      if (event.type !== "server.described") return [];
      const { server: _, id, ...description } = event.data;
      return [[id, description] as const];
    }),
  );
  const ready = events.flatMap((event): readonly CertifiedServer[] => {
    if (event.type !== "server.ready") return [];
    const { server, role, os, id, facts } = event.data;
    const node = event.node ?? "";
    const scope = plan.nodes.find((one) => one.id === node)?.cell ?? {};
    const releasedAt = released.get(id) ?? null;
    const description = described.get(id);
    const known = { node, scope, attempt: event.attempt ?? 1, name: server, role, os, id, facts };
    return [{ ...known, ...(description && { description }), readyAt: event.at, releasedAt }];
  });
  return [...new Map(ready.map((server) => [server.id, server])).values()];
}

/** The files that stages kept to explain failures, one per path. */
export function evidenceFiles(events: readonly Event[]): readonly EvidenceFile[] {
  const files = events.flatMap((event) =>
    event.type === "evidence"
      ? [{ node: event.node ?? "", attempt: event.attempt ?? 1, host: event.host ?? null, ...event.data }]
      : [],
  );
  return [...new Map(files.map((one) => [one.file.path, one])).values()];
}

/** The nodes that were attempted more than once, in the order of the plan. */
export function nodeAttempts(plan: Plan, records: ReadonlyMap<string, NodeRecord>): readonly NodeAttempts[] {
  return plan.nodes.flatMap((node) => {
    const attempts = records.get(node.id)?.attempts ?? [];
    if (attempts.length < 2) return [];
    const shown = attempts.map(({ number, outcome, failure, startedAt, endedAt }) => ({
      number,
      outcome,
      failure,
      startedAt,
      endedAt,
    }));
    return [{ node: node.id, attempts: shown }];
  });
}
