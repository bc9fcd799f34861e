import type { Coordinates } from "./machine-type.ts";

/**
 * Cities that a location can be near to, with latitude and longitude in degrees, to a tenth: locations of the providers
 * and large cities of each continent.
 */
const cities: Readonly<Record<string, readonly [latitude: number, longitude: number]>> = {
  Amsterdam: [52.4, 4.9],
  Ashburn: [39.0, -77.5],
  Athens: [38.0, 23.7],
  Atlanta: [33.7, -84.4],
  Auckland: [-36.8, 174.8],
  Bahrain: [26.2, 50.6],
  Bangkok: [13.8, 100.5],
  Barcelona: [41.4, 2.2],
  Beijing: [39.9, 116.4],
  Belgrade: [44.8, 20.5],
  Berlin: [52.5, 13.4],
  Bogota: [4.7, -74.1],
  Boston: [42.4, -71.1],
  Brussels: [50.8, 4.4],
  Bucharest: [44.4, 26.1],
  Budapest: [47.5, 19.0],
  "Buenos Aires": [-34.6, -58.4],
  Cairo: [30.0, 31.2],
  Calgary: [51.0, -114.1],
  "Cape Town": [-33.9, 18.4],
  Casablanca: [33.6, -7.6],
  Chennai: [13.1, 80.3],
  Chicago: [41.9, -87.6],
  Columbus: [40.0, -83.0],
  Copenhagen: [55.7, 12.6],
  Dallas: [32.8, -96.8],
  Delhi: [28.6, 77.2],
  Denver: [39.7, -105.0],
  Detroit: [42.3, -83.0],
  Dubai: [25.2, 55.3],
  Dublin: [53.3, -6.3],
  Frankfurt: [50.1, 8.7],
  Geneva: [46.2, 6.1],
  Hamburg: [53.6, 10.0],
  Helsinki: [60.2, 24.9],
  "Hong Kong": [22.3, 114.2],
  Houston: [29.8, -95.4],
  Hyderabad: [17.4, 78.5],
  Istanbul: [41.0, 29.0],
  Jakarta: [-6.2, 106.8],
  Johannesburg: [-26.2, 28.0],
  "Kansas City": [39.1, -94.6],
  "Kuala Lumpur": [3.1, 101.7],
  Kyiv: [50.5, 30.5],
  Lagos: [6.5, 3.4],
  Lima: [-12.0, -77.0],
  Lisbon: [38.7, -9.1],
  London: [51.5, -0.1],
  "Los Angeles": [34.1, -118.2],
  Lyon: [45.8, 4.8],
  Madrid: [40.4, -3.7],
  Manila: [14.6, 121.0],
  Marseille: [43.3, 5.4],
  Melbourne: [-37.8, 145.0],
  "Mexico City": [19.4, -99.1],
  Miami: [25.8, -80.2],
  Milan: [45.5, 9.2],
  Montreal: [45.5, -73.6],
  Mumbai: [19.1, 72.9],
  Munich: [48.1, 11.6],
  Nairobi: [-1.3, 36.8],
  "New York": [40.7, -74.0],
  Osaka: [34.7, 135.5],
  Oslo: [59.9, 10.8],
  Paris: [48.9, 2.4],
  Phoenix: [33.4, -112.1],
  Pittsburgh: [40.4, -80.0],
  Portland: [45.5, -122.7],
  Prague: [50.1, 14.4],
  Riyadh: [24.7, 46.7],
  Rome: [41.9, 12.5],
  "San Francisco": [37.8, -122.4],
  Santiago: [-33.4, -70.7],
  "Sao Paulo": [-23.6, -46.6],
  Seattle: [47.6, -122.3],
  Seoul: [37.6, 127.0],
  Seville: [37.4, -6.0],
  Shanghai: [31.2, 121.5],
  "Silicon Valley": [37.4, -122.0],
  Singapore: [1.4, 103.8],
  Sofia: [42.7, 23.3],
  Stockholm: [59.3, 18.1],
  Stuttgart: [48.8, 9.2],
  Sydney: [-33.9, 151.2],
  Taipei: [25.0, 121.6],
  Tallinn: [59.4, 24.8],
  "Tel Aviv": [32.1, 34.8],
  Tokyo: [35.7, 139.7],
  Toronto: [43.7, -79.4],
  Turin: [45.1, 7.7],
  Valencia: [39.5, -0.4],
  Vancouver: [49.3, -123.1],
  Vienna: [48.2, 16.4],
  Vilnius: [54.7, 25.3],
  Warsaw: [52.2, 21.0],
  Washington: [38.9, -77.0],
  Zaragoza: [41.6, -0.9],
  Zurich: [47.4, 8.5],
};

/** Names of the cities that are known. */
export const cityNames: readonly string[] = Object.keys(cities);

/** Where a city lies, whatever its case; null for one that is not known. */
export function cityCoordinates(name: string): Coordinates | null {
  const known = cityNames.find((city) => city.toLowerCase() === name.trim().toLowerCase());
  const [latitude, longitude] = cities[known ?? ""] ?? [];
  return latitude === undefined || longitude === undefined ? null : { latitude, longitude };
}

const earthRadiusKm = 6_371;

/** Great-circle distance in kilometres. */
export function distanceKm(from: Coordinates, to: Coordinates): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const [north, south] = [radians(from.latitude), radians(to.latitude)];
  const across = Math.sin((south - north) / 2) ** 2;
  const along = Math.sin(radians(to.longitude - from.longitude) / 2) ** 2;
  return 2 * earthRadiusKm * Math.asin(Math.sqrt(across + Math.cos(north) * Math.cos(south) * along));
}
