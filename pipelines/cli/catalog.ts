import { type Found, findMachines, machineNamed, machines } from "../../infra/catalog/catalog.ts";
import { cityCoordinates, cityNames } from "../../infra/catalog/cities.ts";
import { locationNamed, locations } from "../../infra/catalog/locations.ts";
import { type Coordinates, type MachineType, renters } from "../../infra/catalog/machine-type.ts";
import { nearestNames } from "../../infra/catalog/names.ts";
import type { CatalogWords } from "./commands/catalog.ts";
import { UsageError } from "./exit.ts";
import type { Rows } from "./runs.ts";
import { columns } from "./view/columns.ts";

/** The machines that the words ask for, or one by its name; a UsageError for a name or place that nobody knows. */
export function catalogRows(name: string | undefined, words: CatalogWords): Rows {
  if (name !== undefined) return oneMachine(name, words);
  const found = findMachines({
    ...plainWords(words),
    ...(words.location === undefined ? {} : { location: locationId(words.location, words) }),
    ...(words.near === undefined ? {} : { near: place(words.near) }),
  });
  if (found.length === 0) {
    return { lines: ["No machine of the catalogue has all that: leave out or lower one of the options."], json: [] };
  }
  return { lines: [...table(found), "", priceNote(found)], json: found };
}

function plainWords(words: CatalogWords) {
  const { provider, class: hostClass, arch: architecture, minCores, minMemory, minDisk, minNetwork } = words;
  return {
    ...(provider === undefined ? {} : { provider }),
    ...(hostClass === undefined ? {} : { hostClass }),
    ...(architecture === undefined ? {} : { architecture }),
    ...(minCores === undefined ? {} : { minCores }),
    ...(minMemory === undefined ? {} : { minMemoryGiB: minMemory / 2 ** 30 }),
    ...(minDisk === undefined ? {} : { minDiskGigabytes: minDisk / 1e9 }),
    ...(minNetwork === undefined ? {} : { minNetworkGbps: minNetwork }),
    ...(words.gpu === undefined ? {} : { features: ["gpu"] as const }),
    ...(words.maxPrice === undefined ? {} : { maxDollarsPerHour: words.maxPrice }),
    ...(words.all === undefined ? {} : { withdrawn: words.all }),
  };
}

function locationId(word: string, { provider }: CatalogWords): string {
  const asked = provider === undefined ? renters : [provider];
  for (const one of asked) {
    const found = locationNamed(one, word);
    if (found !== null) return found.id;
  }
  const known = locations.filter((one) => asked.includes(one.provider));
  const names = known.flatMap(({ id, city }) => [id, city]);
  throw unknown("location", word, nearestNames(word, names), `one of ${known.map(({ id }) => id).join(", ")}`);
}

function place(word: string): Coordinates {
  const [, latitude, longitude] = /^(-?\d+(?:\.\d+)?) *, *(-?\d+(?:\.\d+)?)$/.exec(word.trim()) ?? [];
  const given = { latitude: Number(latitude), longitude: Number(longitude) };
  if (Math.abs(given.latitude) <= 90 && Math.abs(given.longitude) <= 180) return given;
  const known = cityCoordinates(word);
  if (known !== null) return known;
  throw unknown("place", word, nearestNames(word, cityNames), "its latitude and longitude, such as 40.4,-3.7");
}

function unknown(what: string, word: string, meant: readonly string[], other: string): UsageError {
  const next = meant.length === 0 ? `Use ${other}.` : `Did you mean ${meant.join(" or ")}? Else use ${other}.`;
  return new UsageError(`Unknown ${what}`, `no ${what} ${JSON.stringify(word)} is known`, next);
}

const heading = [
  "PROVIDER",
  "NAME",
  "CLASS",
  "ARCH",
  "CORES",
  "MEMORY",
  "DISKS",
  "GPU",
  "NETWORK",
  "PER HOUR",
  "NEAREST",
];

function table(found: readonly Found[]): string[] {
  const near = found.some(({ location }) => location !== null);
  return columns([heading, ...found.map(row)].map((cells) => (near ? cells : cells.slice(0, -1))));
}

function row({ machine, location, distanceKm }: Found): string[] {
  const { provider, name, hostClass, architecture, cores, memoryGiB, networkGbps, state } = machine;
  return [
    provider,
    state === "withdrawn" ? `${name} (withdrawn)` : name,
    hostClass,
    architecture,
    String(cores),
    `${memoryGiB} GiB`,
    disks(machine),
    machine.gpus.map(({ count, model }) => `${count}x ${model}`).join(", ") || "-",
    networkGbps === null ? "?" : `${networkGbps} Gbit/s`,
    price(machine),
    location === null ? "-" : `${location.id}, ${location.city}, ${distanceKm} km`,
  ];
}

function disks({ disks }: MachineType): string {
  const size = (gigabytes: number) => (gigabytes >= 1_000 ? `${gigabytes / 1_000} TB` : `${gigabytes} GB`);
  return disks.map(({ count, gigabytes }) => `${count}x ${size(gigabytes)}`).join(" + ") || "-";
}

function price({ price }: MachineType): string {
  return price === null ? "?" : `${price.perHour.toFixed(2)} ${price.currency}`;
}

function priceNote(found: readonly Found[]): string {
  const notes = new Set(
    found.flatMap(({ machine: { price } }) => (price === null ? [] : [`${price.source}, ${price.asOf}`])),
  );
  const count = `${found.length} ${found.length === 1 ? "machine" : "machines"}`;
  return notes.size === 0 ? `${count}.` : `${count}. Prices: ${[...notes].join("; ")}. Disks and traffic cost extra.`;
}

function oneMachine(name: string, { provider, near }: CatalogWords): Rows {
  const machine = machineNamed(name, provider);
  if (machine === undefined) {
    const own = machines.filter((one) => provider === undefined || one.provider === provider);
    const names = own.map((one) => one.name);
    throw unknown("machine", name, nearestNames(name, names), "edgecert catalog, which lists all of them");
  }
  const from = near === undefined ? {} : { near: place(near) };
  const [found] = findMachines({ ...from, provider: machine.provider, withdrawn: true }).filter(
    (one) => one.machine === machine,
  );
  const shown = found ?? { machine, location: null, distanceKm: null };
  const { locations: where, state, original, price: listed } = machine;
  const facts = heading.slice(0, -1).map((title, column) => `${title.toLowerCase().padEnd(10)} ${row(shown)[column]}`);
  const listedAt = listed === null ? [] : [`price      ${listed.source}, ${listed.asOf}, in ${listed.location}`];
  const nearest = shown.location === null ? [] : [`nearest    ${row(shown).at(-1)}`];
  const told = original ? ["original   offered by the system of 2020"] : [];
  const places = `locations  ${where.join(", ") || "none that is known"}`;
  return { lines: [...facts, `state      ${state}`, ...listedAt, places, ...nearest, ...told], json: [machine] };
}
