import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Json } from "../../pipelines/dsl/json.ts";
import type { ClusterRequest } from "../../pipelines/dsl/request.ts";
import { InfraError } from "../failure.ts";
import type { EdgePlace } from "../ladder/rung.ts";

const request = z.strictObject({
  provider: z.string(),
  count: z.int().min(1).default(1),
  os: z.string().default("debian-12"),
  settings: z.record(z.string(), z.custom<Json>()).default({}),
  mostDollarsPerHour: z.number().positive().optional(),
});

const file = z.union([request.transform((one) => [one]), z.array(request).min(1)]);

/** Places of one edge provider, in the order in which they are asked. */
export interface EdgePlaces {
  readonly provider: string;
  readonly places: readonly EdgePlace[];
}

/**
 * The edge clusters that a JSON file describes, as a definition would ask for them: one, or several in their order. Neighbours
 * at the same provider are places of one rung. Throws an InfraError that names every mistake.
 */
export function readEdgeFile(path: string): readonly EdgePlaces[] {
  const read = file.safeParse(contentOf(path));
  if (!read.success) throw new InfraError(badFile(path, read.error.issues.map(wordsOf)));
  const rungs: { provider: string; places: EdgePlace[] }[] = [];
  for (const { mostDollarsPerHour: most, ...one } of read.data) {
    const asked: ClusterRequest = { ...one, ...(most === undefined ? {} : { mostDollarsPerHour: most }) };
    const last = rungs.at(-1);
    if (last?.provider === one.provider) last.places.push(placeOf(asked));
    else rungs.push({ provider: one.provider, places: [placeOf(asked)] });
  }
  return rungs;
}

/** A place in the words by which failures tell it from others. */
function placeOf(asked: ClusterRequest): EdgePlace {
  const word = (...names: readonly string[]) =>
    names.map((name) => asked.settings[name]).find((value) => typeof value === "string");
  const [region, zone, type] = [
    word("region", "metro"),
    word("zone", "facility"),
    word("instanceType", "plan", "offer"),
  ];
  return {
    request: asked,
    ...(region === undefined ? {} : { region }),
    ...(zone === undefined ? {} : { zone }),
    ...(type === undefined ? {} : { type }),
  };
}

function contentOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new InfraError(badFile(path, [error instanceof Error ? error.message : String(error)]));
  }
}

function wordsOf({ path, message }: { readonly path: readonly PropertyKey[]; readonly message: string }): string {
  return `${path.map(String).join(".") || "the document"}: ${message}`;
}

function badFile(path: string, problems: readonly string[]) {
  return {
    reason: "bad-edge-file",
    class: "configuration",
    title: "The file of edge clusters is not understood",
    detail: `${path}: ${problems.join("; ")}`,
    next: 'Write what awsCluster and the like give, such as {"provider": "local-edge", "count": 1, "os": "debian-12", "settings": {}}.',
  } as const;
}
