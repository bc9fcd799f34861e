import { findMachines, machineNamed, machines } from "../../infra/catalog/catalog.ts";
import { cityCoordinates, cityNames } from "../../infra/catalog/cities.ts";
import { dollarsPerHour } from "../../infra/catalog/currency.ts";
import { type FeatureName, features, featuresOf, isFeature } from "../../infra/catalog/features.ts";
import { locationNamed, locations } from "../../infra/catalog/locations.ts";
import { type Coordinates, type MachineType, renters } from "../../infra/catalog/machine-type.ts";
import { nearestNames } from "../../infra/catalog/names.ts";
import { catalogList } from "./catalog-lists.ts";
import { machineFacts, machineTable } from "./catalog-table.ts";
import type { CatalogWords } from "./commands/catalog.ts";
import { UsageError } from "./exit.ts";
import type { Rows } from "./runs.ts";
import { outputWidth } from "./view/columns.ts";

/** What the words ask the catalogue for; a UsageError for a name, a place or a feature that nobody knows. */
export function catalogRows(name: string | undefined, words: CatalogWords): Rows {
  if (words.list !== undefined) return catalogList(words.list, words);
  if (name !== undefined) return oneMachine(name, words);
  const found = findMachines({
    ...plainWords(words),
    features: asked(words),
    ...(words.location === undefined ? {} : { location: locationId(words.location, words) }),
    ...(words.near === undefined ? {} : { near: place(words.near) }),
  });
  if (found.length === 0) {
    return { lines: ["No machine of the catalogue has all that: leave out or lower one of the options."], json: [] };
  }
  return {
    lines: machineTable(found, words.width ?? outputWidth()),
    json: found.map(({ machine, ...where }) => ({ machine: described(machine), ...where })),
  };
}

/** A machine as programs read it: what has to be computed stands beside what is listed. */
function described(machine: MachineType) {
  const dollars = machine.price === null ? null : dollarsPerHour(machine.price);
  return { ...machine, features: featuresOf(machine), dollarsPerHour: dollars };
}

function plainWords(words: CatalogWords) {
  const { provider, class: hostClass, architecture, minCores, minMemory, minDisk, minNetwork } = words;
  return {
    ...(provider === undefined ? {} : { provider }),
    ...(hostClass === undefined ? {} : { hostClass }),
    ...(architecture === undefined ? {} : { architecture }),
    ...(minCores === undefined ? {} : { minCores }),
    ...(minMemory === undefined ? {} : { minMemoryGiB: minMemory / 2 ** 30 }),
    ...(minDisk === undefined ? {} : { minDiskGigabytes: minDisk / 1e9 }),
    ...(minNetwork === undefined ? {} : { minNetworkGbps: minNetwork }),
    ...(words.maxPrice === undefined ? {} : { maxDollarsPerHour: words.maxPrice }),
    ...(words.all === undefined ? {} : { withdrawn: words.all }),
  };
}

function asked({ feature = [], gpu }: CatalogWords): readonly FeatureName[] {
  const named = feature.map((word) => {
    if (isFeature(word)) return word;
    const known = Object.keys(features);
    throw unknown("feature", word, nearestNames(word, known), `one of ${known.join(", ")}`);
  });
  return gpu === true ? [...named, "gpu"] : named;
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

function oneMachine(name: string, { provider, near, width = outputWidth() }: CatalogWords): Rows {
  const machine = machineNamed(name, provider);
  if (machine === undefined) {
    const own = machines.filter((one) => provider === undefined || one.provider === provider);
    const names = own.map((one) => one.name);
    throw unknown("machine", name, nearestNames(name, names), "edgecert catalog, which lists all of them");
  }
  const from = near === undefined ? {} : { near: place(near) };
  const all = findMachines({ ...from, provider: machine.provider, withdrawn: true });
  const found = all.find((one) => one.machine === machine) ?? { machine, location: null, distanceKm: null };
  return { lines: machineFacts(found, width), json: [described(machine)] };
}
