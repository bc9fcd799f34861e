import type { ListPrice } from "./machine-type.ts";

/**
 * US dollars for a euro: the European Central Bank's reference rate of that day. Prices stay in the currency that they were
 * read in; this rate only makes them comparable.
 */
export const euroRate = {
  dollars: 1.1761,
  asOf: "2026-05-08",
  source: "European Central Bank, euro foreign exchange reference rates",
} as const;

/**
 * US dollars per hour of one machine in a cluster of ours: the list price and what its private network adds, by
 * {@link euroRate} where it is in euro.
 */
export function dollarsPerHour({ currency, perHour, privateNetworkPerHour }: ListPrice): number {
  const amount = perHour + privateNetworkPerHour;
  return currency === "USD" ? amount : amount * euroRate.dollars;
}
