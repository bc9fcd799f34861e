import type { Certificate } from "../certificate-document.ts";
import type { Cost } from "../cost.ts";

/** What the run used, in money. */
export interface CostView {
  readonly total: string;
  readonly note: string;
  readonly items: readonly {
    readonly provider: string;
    readonly what: string;
    readonly hours: string;
    readonly amount: string;
  }[];
}

/** The cost in view, or null where no provider has a price. */
export function costView({ cost }: Certificate): CostView | null {
  if (cost === null) return null;
  return {
    total: costWords(cost),
    note:
      cost.known || cost.items.every((item) => item.amount === null)
        ? ""
        : "The price of some machines is not known: the sum is a lower bound.",
    items: cost.items.map(({ provider, what, hours, amount }) => ({
      provider,
      what,
      hours: `${hours.toFixed(hours < 10 ? 2 : 1)} h`,
      amount: amount === null ? "not known" : money(amount, cost.currency),
    })),
  };
}

/** `€ 21.07`, or `at least € 21.07` where a price is not known; never a figure where none is. */
export function costWords(cost: Cost): string {
  if (cost.items.every((item) => item.amount === null)) return "price not known";
  if (cost.known && cost.amount === 0) return "nothing to pay";
  return `${cost.known ? "" : "at least "}${money(cost.amount, cost.currency)}`;
}

const signs: Readonly<Record<string, string>> = { EUR: "€", USD: "$", GBP: "£" };

function money(amount: number, currency: string): string {
  return `${Object.hasOwn(signs, currency) ? signs[currency] : currency} ${amount.toFixed(2)}`;
}
