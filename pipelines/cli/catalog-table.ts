import type { Found } from "../../infra/catalog/catalog.ts";
import { euroRate } from "../../infra/catalog/currency.ts";
import type { Disks, ListPrice, MachineType } from "../../infra/catalog/machine-type.ts";
import { columns } from "./view/columns.ts";

/** One column: its heading, and how a value that every row has is said once in its place; null keeps the column. */
interface Column {
  readonly heading: string;
  readonly once: ((value: string) => string) | null;
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
    cell: ({ machine }) => disks(machine),
  },
  {
    heading: "GPU",
    once: (value) => (value === "-" ? "no GPU" : value),
    cell: ({ machine }) => gpus(machine).replaceAll("NVIDIA ", ""),
  },
  { heading: "GBIT", once: null, cell: ({ machine }) => String(machine.networkGbps ?? "?") },
  { heading: "PER HOUR", once: null, cell: ({ machine }) => price(machine.price) },
  { heading: "STATE", once: (value) => (value === "offered" ? "" : value), cell: ({ machine }) => machine.state },
  { heading: "NEAREST", once: (value) => (value === "-" ? "" : `nearest ${value}`), cell: nearest },
];

/** Machines as a table that leaves out what they all have in common, and says it below. */
export function machineTable(found: readonly Found[]): readonly string[] {
  const rows = found.map((one) => table.map(({ cell }) => cell(one)));
  const same = table.map(
    ({ once }, column) => once !== null && rows.every((cells) => cells[column] === rows[0]?.[column]),
  );
  const kept = (cells: readonly string[]) => cells.filter((_cell, column) => !same[column]);
  const said = table.flatMap(({ once }, column) => {
    const text = same[column] ? once?.(rows[0]?.[column] ?? "") : "";
    return text ? [text] : [];
  });
  const count = `${found.length} ${found.length === 1 ? "machine" : "machines"}`;
  const heading = table.map((column) => column.heading);
  return [
    ...columns([heading, ...rows].map(kept)),
    "",
    said.length === 0 ? `${count}.` : `${count}: ${said.join(", ")}.`,
    ...priceNotes(found.map(({ machine }) => machine)),
  ];
}

/** One machine in full, a fact a line. */
export function machineFacts(found: Found): readonly string[] {
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

function priceFacts(listed: ListPrice): readonly string[] {
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

function fact(name: string, value: string): string {
  return `${name.padEnd(10)} ${value}`;
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
