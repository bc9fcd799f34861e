import type { CertifiedCell, CertifiedServer, CertifiedSuite } from "./certificate-document.ts";
import type { Installed } from "./installed.ts";
import { covers } from "./verdict.ts";

/** How a cell that failed differs from the nearest one that ran the same and passed. */
export interface Contrast {
  readonly cell: string;
  readonly nearest: string;
  /** Axis values that both have. */
  readonly shared: readonly string[];
  readonly differences: readonly ContrastLine[];
  /** Differences that are not listed. */
  readonly more: number;
}

export interface ContrastLine {
  readonly what: "axis" | "kernel" | "image" | "host class" | "acceleration" | "provider" | "start mode" | "package";
  /** Name of the axis or package; empty for the others. */
  readonly name: string;
  /** Role of the server; empty for an axis. */
  readonly role: string;
  /** Empty where it is not there at all. */
  readonly here: string;
  readonly there: string;
}

/** What contrasts are drawn from. */
export interface ContrastSources {
  readonly cells: readonly CertifiedCell[];
  readonly suites: readonly CertifiedSuite[];
  readonly servers: readonly CertifiedServer[];
  /** By the server's id; a server without a list is not compared by its packages. */
  readonly installed: ReadonlyMap<string, Installed>;
  /** Packages that are listed first: those of the product, and what its environments ask for by name. */
  readonly prominent: ReadonlySet<string>;
}

/** Most differences that a contrast lists. */
export const mostDifferences = 40;

/**
 * For each cell that failed or is inconclusive: how it differs from the nearest passed cell, which shares most axis
 * values with it, then most suites. Nothing where no cell passed. Servers of one role are compared by the first of them.
 */
export function contrastsOf(of: ContrastSources): readonly Contrast[] {
  const passed = of.cells.filter(({ verdict }) => verdict === "passed" || verdict === "passed-with-retries");
  const broken = of.cells.filter(({ verdict }) => verdict === "failed" || verdict === "inconclusive");
  const suites = new Map(of.cells.map((cell) => [cell.id, suitesOf(cell, of.suites)]));
  return broken.flatMap((cell) => {
    const near = (other: CertifiedCell) =>
      sharedValues(cell, other).length * 1_000 + shared(suites.get(cell.id), suites.get(other.id));
    const [nearest] = passed.toSorted((left, right) => near(right) - near(left));
    if (nearest === undefined) return [];
    const all = differences(cell, nearest, of);
    return [
      {
        cell: cell.id,
        nearest: nearest.id,
        shared: sharedValues(cell, nearest),
        differences: all.slice(0, mostDifferences),
        more: Math.max(0, all.length - mostDifferences),
      },
    ];
  });
}

function sharedValues(one: CertifiedCell, other: CertifiedCell): readonly string[] {
  return Object.entries(one.values).flatMap(([axis, value]) => (other.values[axis] === value ? [value] : []));
}

function suitesOf(cell: CertifiedCell, suites: readonly CertifiedSuite[]): ReadonlySet<string> {
  return new Set(suites.filter(({ node }) => cell.nodes.includes(node)).map(({ suite }) => suite));
}

function shared(some: ReadonlySet<string> = new Set(), others: ReadonlySet<string> = new Set()): number {
  return [...some].filter((one) => others.has(one)).length;
}

function differences(cell: CertifiedCell, nearest: CertifiedCell, of: ContrastSources): readonly ContrastLine[] {
  const [own, its] = [serversOf(cell, of.servers), serversOf(nearest, of.servers)];
  const axes = [...new Set([...Object.keys(cell.values), ...Object.keys(nearest.values)])].map((name) =>
    line({ what: "axis", name, role: "" }, cell.values[name], nearest.values[name]),
  );
  const roles = [...own.keys()].filter((role) => its.has(role));
  const pairs = roles.map((role) => ({ role, here: own.get(role), there: its.get(role) }));
  const facts = pairs.flatMap((pair) =>
    factNames.map(([what, read]) =>
      line(
        { what, name: "", role: pair.role },
        pair.here && read(pair.here.facts),
        pair.there && read(pair.there.facts),
      ),
    ),
  );
  const packages = pairs
    .flatMap(({ role, here, there }) =>
      packageLines(role, of.installed.get(here?.id ?? ""), of.installed.get(there?.id ?? "")),
    )
    .toSorted((left, right) => Number(of.prominent.has(right.name)) - Number(of.prominent.has(left.name)));
  return [...axes, ...facts, ...packages].filter(({ here, there }) => here !== there);
}

const factNames = [
  ["kernel", ({ kernel }) => kernel],
  ["image", ({ imageDigest }) => imageDigest],
  ["host class", ({ hostClass }) => hostClass],
  ["acceleration", ({ acceleration }) => acceleration],
  ["provider", ({ provider }) => provider],
  ["start mode", ({ startMode }) => startMode],
] as const satisfies readonly (readonly [ContrastLine["what"], (facts: CertifiedServer["facts"]) => string])[];

function packageLines(role: string, here?: Installed, there?: Installed): readonly ContrastLine[] {
  if (here === undefined || there === undefined) return [];
  const names = [...new Set([...here.keys(), ...there.keys()])].toSorted();
  return names.map((name) => line({ what: "package", name, role }, here.get(name), there.get(name)));
}

function line(of: Pick<ContrastLine, "what" | "name" | "role">, here = "", there = ""): ContrastLine {
  return { ...of, here, there };
}

/** The servers of the last attempt that worked for the cell: the first one of each role. */
function serversOf(cell: CertifiedCell, servers: readonly CertifiedServer[]): ReadonlyMap<string, CertifiedServer> {
  const own = servers.filter(({ scope }) => covers({ cell: scope }, cell.values));
  const last = Map.groupBy(own, ({ node }) => node);
  const counted = [...last.values()].flatMap((group) => {
    const attempt = Math.max(...group.map((one) => one.attempt));
    return group.filter((one) => one.attempt === attempt);
  });
  const sorted = counted.toSorted((left, right) => left.name.localeCompare(right.name, "en"));
  return new Map(sorted.toReversed().map((server) => [server.role, server]));
}
