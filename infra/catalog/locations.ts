import { cityCoordinates } from "./cities.ts";
import type { Location, Renter } from "./machine-type.ts";

/** Regions of EC2 with the city that they are named after; `*` for those of the original. */
const awsRegions = `
  af-south-1 Cape Town*      ap-east-1 Hong Kong*      ap-northeast-1 Tokyo*       ap-northeast-2 Seoul*
  ap-northeast-3 Osaka*      ap-south-1 Mumbai*        ap-south-2 Hyderabad        ap-southeast-1 Singapore*
  ap-southeast-2 Sydney*     ap-southeast-3 Jakarta    ap-southeast-4 Melbourne    ap-southeast-5 Kuala Lumpur
  ca-central-1 Montreal*     ca-west-1 Calgary         eu-central-1 Frankfurt*     eu-central-2 Zurich
  eu-north-1 Stockholm*      eu-south-1 Milan*         eu-south-2 Zaragoza         eu-west-1 Dublin*
  eu-west-2 London*          eu-west-3 Paris*          il-central-1 Tel Aviv       me-central-1 Dubai
  me-south-1 Bahrain*        sa-east-1 Sao Paulo*      us-east-1 Ashburn*          us-east-2 Columbus*
  us-gov-east-1 Columbus*    us-gov-west-1 Portland*   us-west-1 San Francisco*    us-west-2 Portland*`;

/** Metros of Equinix Metal, all of the original's; those without a metro code of their own were facilities of Packet. */
const equinixMetros = `
  am Amsterdam*   dc Ashburn*      da Dallas*     ny New York*       sv Silicon Valley*   sg Singapore*    ty Tokyo*
  at Atlanta*     ch Chicago*      dtw Detroit*   hou Houston*       mkc Kansas City*     la Los Angeles*  phx Phoenix*
  pit Pittsburgh*  se Seattle*     tr Toronto*    fr Frankfurt*      hk Hong Kong*        ma Marseille*    sy Sydney*`;

/** Zones of Scaleway that have Elastic Metal. */
const scalewayZones =
  "fr-par-1 Paris   fr-par-2 Paris   nl-ams-1 Amsterdam   nl-ams-2 Amsterdam   pl-waw-2 Warsaw   pl-waw-3 Warsaw";

/** Every location of every provider. Equinix Metal's closed with its service. */
export const locations: readonly Location[] = [
  ...read("aws", awsRegions, "open"),
  ...read("equinix-metal", equinixMetros, "closed"),
  ...read("scaleway", scalewayZones, "open"),
];

/** Codes of Packet's facilities in the original's time, by the metro that they stood in. */
const facilities: Readonly<Record<string, string>> = {
  am6: "am",
  ams1: "am",
  atl1: "at",
  ch3: "ch",
  da3: "da",
  da11: "da",
  dc13: "dc",
  dfw1: "da",
  dfw2: "da",
  ewr1: "ny",
  fra2: "fr",
  hkg1: "hk",
  iad1: "dc",
  la4: "la",
  lax1: "la",
  mrs1: "ma",
  nrt1: "ty",
  ny5: "ny",
  ord1: "ch",
  sea1: "se",
  sg1: "sg",
  sin1: "sg",
  sjc1: "sv",
  sv15: "sv",
  syd1: "sy",
  yyz1: "tr",
};

/**
 * The location of a provider that a word names: its id, its city, or a facility of Packet's (`ams1`). Where several
 * have the city, the first; null for none.
 */
export function locationNamed(provider: Renter, word: string): Location | null {
  const wanted = word.trim().toLowerCase();
  const metro = provider === "equinix-metal" ? (facilities[wanted] ?? wanted) : wanted;
  const own = locations.filter((one) => one.provider === provider);
  // Because Packet called its location by the whole name.
  const city = metro === "new york city" ? "new york" : metro;
  return own.find(({ id }) => id === metro) ?? own.find((one) => one.city.toLowerCase() === city) ?? null;
}

function read(provider: Renter, table: string, state: Location["state"]): readonly Location[] {
  const entries = table.trim().split(/ {2,}|\n\s*/);
  return entries.map((entry) => {
    const [, id = "", city = "", star] = /^(\S+) ([^*]+)(\*?)$/.exec(entry) ?? [];
    const coordinates = cityCoordinates(city);
    if (coordinates === null)
      throw new TypeError(`the table of locations names no known city in ${JSON.stringify(entry)}`);
    return { provider, id, city, coordinates, state, original: star === "*" };
  });
}
