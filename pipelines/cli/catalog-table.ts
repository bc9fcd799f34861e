import type { Found } from "../../infra/catalog/catalog.ts";
import { euroRate } from "../../infra/catalog/currency.ts";
import type { Disks, ListPrice, MachineType } from "../../infra/catalog/machine-type.ts";
import { columns, columnsWithin, wrapped } from "./view/columns.ts";

/** One column: its heading, and how a value that every row has is said once in its place; null keeps the column. */
interface Column {
  readonly heading: string;
  readonly once: ((value: string) => string) | null;
  /** Where the table is too wide, what may stand in the last column with others: the first time, or only if need be. */
  readonly folds?: "first" | "last";
  cell(found: Found): string;
}

const table: readonly Column[] = [
  { heading: "PROVIDER", once: (value) => value, cell: ({ machine }) => machine.provider },
  { heading: "NAME", once: null, cell: ({ machine }) => machine.name },
  { heading: "KIND", once: (value) => value, cell: ({ machine }) => kind(machine) },
  { heading: "CPU", once: null, cell: ({ machine }) => String(machine.cores) },
  { heading: "GIB", once: null, cell: ({ machine }) => String(machine.memoryGiB) },
  {
    heading: "DISKS",
    once: (value) => (value === "-" ? "no disks inside" : value),
    folds: "first",
    cell: ({ machine }) => disks(machine),
  },
  {
    heading: "GPU",
    once: (value) => (value === "-" ? "no GPU" : value),
    folds: "first",
    cell: ({ machine }) => gpus(machine).replaceAll("NVIDIA ", ""),
  },
  { heading: "GBIT", once: null, cell: ({ machine }) => String(machine.networkGbps ?? "?") },
  { heading: "PER HOUR", once: null, cell: ({ machine }) => price(machine.price) },
  {
    heading: "STATE",
    once: (value) => (value === "offered" ? "" : value),
    folds: "first",
    cell: ({ machine }) => machine.state,
  },
  { heading: "NEAREST", once: (value) => (value === "-" ? "" : `nearest ${value}`), folds: "last", cell: nearest },
];

/** What a folded column need not say: most machines have none, and are offered. */
const unsaid = new Set(["-", "offered"]);

/**
 * Machines as a table that leaves out what they all have in common, and says it below. No line is wider than `width`
 * columns: what few machines have is gathered in one last column, and goes on in lines of its own where it must.
 */
export function machineTable(found: readonly Found[], width: number): readonly string[] {
  const isSame = ({ once, cell }: Column) =>
    once !== null && found.every((one) => found[0] !== undefined && cell(one) === cell(found[0]));
  const kept = table.filter((column) => !isSame(column));
  const said = table.filter(isSame).flatMap(({ once, cell }) => {
    const text = found[0] === undefined ? "" : once?.(cell(found[0]));
    return text ? [text] : [];
  });
  const count = `${found.length} ${found.length === 1 ? "machine" : "machines"}`;
  return [
    ...fitted(found, kept, width),
    "",
    ...wrapped(said.length === 0 ? `${count}.` : `${count}: ${said.join(", ")}.`, width),
    ...priceNotes(found.map(({ machine }) => machine)).flatMap((note) => wrapped(note, width)),
  ];
}

function fitted(found: readonly Found[], kept: readonly Column[], width: number): readonly string[] {
  const whole = columns([kept.map(({ heading }) => heading), ...found.map((one) => kept.map(({ cell }) => cell(one)))]);
  if (widest(whole) <= width) return whole;
  const [few, fewer] = [folded(found, kept, ["first"]), folded(found, kept, ["first", "last"])];
  return columnsWithin(widest(columns(few.map((cells) => cells.slice(0, -1)))) <= width ? few : fewer, width);
}

/** Rows whose columns that fold so stand together in the last one. */
function folded(found: readonly Found[], kept: readonly Column[], ways: readonly string[]): readonly string[][] {
  const folds = ({ folds }: Column) => folds !== undefined && ways.includes(folds);
  const [own, last] = [kept.filter((column) => !folds(column)), kept.filter(folds)];
  const rest = (one: Found) => last.map(({ cell }) => cell(one)).filter((word) => !unsaid.has(word));
  return [
    [...own.map(({ heading }) => heading), last.map(({ heading }) => heading).join(", ")],
    ...found.map((one) => [...own.map(({ cell }) => cell(one)), rest(one).join(", ")]),
  ];
}

function widest(lines: readonly string[]): number {
  return Math.max(0, ...lines.map((line) => line.length));
}

/** One machine in full, a fact a line, none of them wider than `width` columns. */
export function machineFacts(found: Found, width: number): readonly string[] {
  return factsOf(found).flatMap(([name, value]) => {
    return wrapped(value, width - 11).map((piece, at) => `${(at === 0 ? name : "").padEnd(10)} ${piece.trimStart()}`);
  });
}

function factsOf(found: Found): readonly Fact[] {
  const { machine, location } = found;
  const { price: listed, locations, original, cpu, stock, state, networkGbps } = machine;
  return [
    fact("provider", machine.provider),
    fact("name", machine.name),
    fact("kind", `${machine.hostClass}, ${machine.architecture}${cpu === null ? "" : `, ${cpu}`}`),
    fact("cores", `${machine.cores} hardware threads`),
    fact("memory", `${machine.memoryGiB} GiB`),
    fact("disks", disks(machine)),
    fact("gpu", gpus(machine)),
    fact("network", networkGbps === null ? "?" : `${networkGbps} Gbit/s`),
    fact("state", states[state]),
    ...(listed === null ? [fact("price", "none that is known")] : priceFacts(listed)),
    ...(stock === null ? [] : [fact("stock", `${stock} on that day`)]),
    fact("locations", locations.join(", ") || "none that is known"),
    ...(location === null ? [] : [fact("nearest", `${location.id}, ${location.city}, ${found.distanceKm} km`)]),
    ...(original ? [fact("original", "offered by the system of 2020")] : []),
  ];
}

type Fact = readonly [name: string, value: string];

function priceFacts(listed: ListPrice): readonly Fact[] {
  const more = listed.privateNetworkPerHour;
  return [
    fact("price", `${price(listed)} per hour${more > 0 ? `, and ${amount(more, listed)} on a private network` : ""}`),
    fact("", `${listed.source}, ${listed.asOf}, in ${listed.location}`),
  ];
}

const states: Readonly<Record<MachineType["state"], string>> = {
  offered: "offered",
  explicit: "explicit: used only when it is named",
  withdrawn: "withdrawn",
  unsuitable: "unsuitable: takes no cloud-init, so that it cannot be given our host key",
};

function fact(name: string, value: string): Fact {
  return [name, value];
}

function kind({ hostClass, architecture }: MachineType): string {
  return architecture === "amd64" ? hostClass : `${hostClass} ${architecture}`;
}

function disks({ disks }: MachineType): string {
  const size = (gigabytes: number) => (gigabytes >= 1_000 ? `${Math.round(gigabytes / 100) / 10}TB` : `${gigabytes}GB`);
  const words = (one: Disks) => `${one.count}x${size(one.gigabytes)} ${one.kind}`;
  return disks.map(words).join(" + ") || "-";
}

function gpus({ gpus }: MachineType): string {
  return gpus.map(({ count, model }) => `${count}x ${model}`).join(", ") || "-";
}

function nearest({ location, distanceKm }: Found): string {
  return location === null ? "-" : `${location.id} ${distanceKm} km`;
}

function price(listed: ListPrice | null): string {
  return listed === null ? "?" : amount(listed.perHour, listed);
}

function amount(value: number, { currency }: ListPrice): string {
  return `${value.toFixed(2)} ${currency}`;
}

/** Where the prices were read and what they leave out; how currencies are compared where there are several. */
function priceNotes(found: readonly MachineType[]): readonly string[] {
  const prices = found.flatMap((machine) => (machine.price === null ? [] : [machine.price]));
  if (prices.length === 0) return [];
  const sources = [...new Set(prices.map(({ source, asOf, location }) => `${source}, ${asOf}, in ${location}.`))];
  const euro = prices.some(({ currency }) => currency === "EUR");
  return [
    "Prices per hour, without volumes and traffic:",
    ...sources.map((source) => `  ${source}`),
    ...(prices.some((one) => one.privateNetworkPerHour > 0)
      ? ["  A cluster's private network costs 0.03 to 0.09 EUR more for each machine."]
      : []),
    ...(euro ? [`  Compared at ${euroRate.dollars} USD for a euro: ${euroRate.source}, ${euroRate.asOf}.`] : []),
  ];
}
