import { readFileSync } from "node:fs";
import { z } from "zod";
import { clusterOffer } from "../../infra/providers/cluster-providers.ts";
import type { StandingMinimum } from "../../infra/standing/options.ts";
import { kindOf } from "../../infra/standing/record.ts";
import { parseDuration } from "../dsl/duration.ts";
import type { Json } from "../dsl/json.ts";
import { UsageError } from "./exit.ts";

/** Says which reader a file of clusters is for; a document of another form is refused. */
export const clustersFormat = "edgecert-clusters/1";

/** Environment variable with the file of clusters. */
export const clustersVariable = "EDGECERT_CLUSTERS";

const duration = z.string().transform((text, { issues }) => {
  try {
    return parseDuration(text);
  } catch {
    issues.push({ code: "custom", message: "is not a duration such as 30m, 8h or 7d", input: text });
    return z.NEVER;
  }
});

const entry = z.strictObject({
  /** What a person calls the clusters of this kind. */
  name: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/, "is not a name such as madrid-2"),
  provider: z.string().min(1),
  count: z.int().min(1),
  os: z.string().min(1),
  settings: z.record(z.string(), z.json()).default({}),
  mostDollarsPerHour: z.exactOptional(z.number().positive()),
  /** How many stand without users, however long: `tend` sees to it. */
  ready: z.int().min(0).default(0),
  /** How long one stands without users. */
  idle: duration.prefault("1h"),
  /** How long after it was made one takes users. */
  open: duration.prefault("8h"),
  /** How many nodes of runs use one at the same time. */
  shared: z.int().min(1).default(1),
});

const document = z.strictObject({ format: z.literal(clustersFormat), clusters: z.array(entry).min(1) });

/** The clusters that are to stand, by a JSON file. Throws a UsageError that names every problem of it. */
export function readClusters(file: string | undefined): readonly StandingMinimum[] {
  if (file === undefined || file === "")
    throw new UsageError(
      "No file of clusters is named",
      `${clustersVariable} is not set`,
      `use --clusters FILE; ${form}`,
    );
  const read = document.safeParse(parsed(file));
  if (!read.success) {
    const problems = read.error.issues.map(({ path, message }) => `${path.join(".") || "the document"}: ${message}`);
    throw wrong(file, problems);
  }
  const all = read.data.clusters.map(minimumOf);
  const problems = [...repeated(all), ...all.flatMap(refused)];
  if (problems.length > 0) throw wrong(file, problems);
  return all;
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw wrong(file, [error instanceof Error ? error.message : String(error)]);
  }
}

function minimumOf({ name, ready, idle, open, shared, settings, ...request }: z.output<typeof entry>): StandingMinimum {
  // Because zod's type of JSON is one that can be written to, the very values are taken as ours.
  const plain: Readonly<Record<string, Json>> = settings;
  return { request: { ...request, settings: plain }, ready, terms: { name, idleMs: idle, openMs: open, shared } };
}

/** Because clusters of one kind serve each other's requests, and a name has to mean one kind. */
function repeated(all: readonly StandingMinimum[]): readonly string[] {
  return all.flatMap(({ request, terms }, at) => {
    const before = all.slice(0, at);
    const same = before.find((one) => kindOf(one.request) === kindOf(request));
    return [
      ...(before.some((one) => one.terms.name === terms.name) ? [`${terms.name} is the name of two`] : []),
      ...(same === undefined ? [] : [`${same.terms.name} and ${terms.name} ask for the same`]),
    ];
  });
}

function refused({ request, terms }: StandingMinimum): readonly string[] {
  const offer = clusterOffer(request);
  return "reason" in offer ? [`${terms.name}: ${offer.title}: ${offer.detail} ${offer.next}`] : [];
}

const form = `it is JSON such as {"format": "${clustersFormat}", "clusters": [{"name": "madrid", "provider": "aws", "count": 2, "os": "debian-12", "settings": {...}, "ready": 1, "idle": "1h", "open": "8h"}]}`;

function wrong(file: string, problems: readonly string[]): UsageError {
  return new UsageError("The file of clusters is wrong", `${file}:\n${problems.join("\n")}`, `correct each; ${form}`);
}
