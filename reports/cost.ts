import type { Event } from "../pipelines/dsl/event.ts";
import type { CertifiedServer } from "./certificate-document.ts";

/**
 * Price of the servers that a run used, from the answer on SSH to the return. `amount` sums what is known; without `known`
 * it is a lower bound, and where every item's amount is null nothing is known but the hours.
 */
export interface Cost {
  readonly currency: string;
  readonly amount: number;
  readonly known: boolean;
  readonly items: readonly {
    readonly provider: string;
    readonly what: string;
    readonly hours: number;
    /** Null where nobody says a price: a machine of one's own costs something that no provider tells. */
    readonly amount: number | null;
  }[];
}

/** What the servers cost, by provider; null where there was no server. One that was not given back counts to the end. */
export function costOf(events: readonly Event[], servers: readonly CertifiedServer[]): Cost | null {
  const end = events.at(-1)?.at ?? "";
  const items = [...Map.groupBy(servers, ({ facts }) => facts.provider)].map(([provider, own]) => {
    const spent = own.map((server) => {
      const hours = Math.max(0, Date.parse(server.releasedAt ?? end) - Date.parse(server.readyAt)) / 3_600_000;
      const price = priceOf(server, servers, events);
      return { hours, amount: price === null ? null : price * hours };
    });
    const hours = spent.reduce((sum, one) => sum + one.hours, 0);
    const amount = spent.reduce<number | null>(
      (sum, one) => (sum === null || one.amount === null ? null : sum + one.amount),
      0,
    );
    const what = own.length === 1 ? "1 server" : `${own.length} servers`;
    return { provider, what, hours: rounded(hours), amount: amount === null ? null : rounded(amount) };
  });
  if (items.length === 0) return null;
  const amount = rounded(items.reduce((sum, item) => sum + (item.amount ?? 0), 0));
  return { currency: "USD", amount, known: items.every((item) => item.amount !== null), items };
}

/** Dollars per hour of one server: its part of what its group was offered for. */
function priceOf(server: CertifiedServer, all: readonly CertifiedServer[], events: readonly Event[]): number | null {
  const { node, attempt, facts } = server;
  if (facts.hostClass === "on-premises" || facts.hostClass === "simulated") return null;
  const priced = events.findLast(
    (event) => event.type === "servers.priced" && event.node === node && (event.attempt ?? 1) === attempt,
  );
  if (priced?.type !== "servers.priced") return null;
  const group = all.filter((one) => one.node === node && one.attempt === attempt).length;
  return priced.data.dollarsPerHour / group;
}

/** Because a ten-thousandth of a dollar or of an hour is more than anybody can know. */
function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
