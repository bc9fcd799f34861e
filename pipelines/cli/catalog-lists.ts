import { features, isFeature } from "../../infra/catalog/features.ts";
import { hostDefaults, hostSystems } from "../../infra/catalog/host-systems.ts";
import { locations } from "../../infra/catalog/locations.ts";
import type { Renter } from "../../infra/catalog/machine-type.ts";
import type { Rows } from "./runs.ts";
import { columns } from "./view/columns.ts";

/** What the catalogue knows beside machines. */
export const catalogLists = ["locations", "images", "defaults", "features"] as const;

export type CatalogList = (typeof catalogLists)[number];

/** One of the lists, of one provider or of all; what is withdrawn only where it is asked for. */
export function catalogList(
  list: CatalogList,
  { provider, all = false }: { readonly provider?: Renter; readonly all?: boolean },
): Rows {
  const own = <Entry extends { readonly provider: Renter }>(entries: readonly Entry[]) =>
    entries.filter((one) => provider === undefined || one.provider === provider);
  switch (list) {
    case "locations": {
      const json = own(locations).filter(({ state }) => all || state === "open");
      const rows = json.map((one) => [one.provider, one.id, one.city, one.state, mark(one.original)]);
      return shown(["PROVIDER", "ID", "CITY", "STATE", "ORIGINAL"], rows, json);
    }
    case "images": {
      const json = own(hostSystems).filter(({ state }) => all || state === "offered");
      const rows = json.map((one) => [one.provider, one.os, one.user, one.state, mark(one.original)]);
      return shown(["PROVIDER", "OS", "LOGIN AS", "STATE", "ORIGINAL"], rows, json);
    }
    case "defaults": {
      const json = own(hostDefaults);
      const rows = json.map((one) => [one.provider, one.of, one.machine ?? "-", one.location, one.os ?? "-"]);
      return shown(["PROVIDER", "OF", "MACHINE", "LOCATION", "OS"], rows, json);
    }
    case "features": {
      const json = Object.keys(features)
        .filter(isFeature)
        .map((name) => ({ name, means: features[name].means }));
      return shown(
        ["FEATURE", "MEANS"],
        json.map(({ name, means }) => [name, means]),
        json,
      );
    }
  }
}

function shown(heading: readonly string[], rows: readonly (readonly string[])[], json: readonly unknown[]): Rows {
  if (rows.length === 0) return { lines: ["None that can be had; --all shows what is gone."], json };
  return { lines: columns([heading, ...rows]), json };
}

/** Whether the system of 2020 had it. */
function mark(original: boolean): string {
  return original ? "2020" : "";
}
