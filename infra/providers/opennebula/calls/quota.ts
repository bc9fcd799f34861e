import { elementAt, textAt, type XmlElement } from "../xml-document.ts";
import { type Ask, numberAt, numbersAt, wordAt } from "./ask.ts";

/** What machines are counted by in quotas: number, cores, and memory in MiB; all, and those that run. */
export const quotaMetrics = ["VMS", "CPU", "MEMORY", "RUNNING_VMS", "RUNNING_CPU", "RUNNING_MEMORY"] as const;

export type QuotaMetric = (typeof quotaMetrics)[number];

/** A limit and how much of it is used. */
export interface QuotaUse {
  readonly metric: QuotaMetric;
  readonly limit: number;
  readonly used: number;
}

/** A user or group as far as its quotas go. Those of administrators (number 0) are never looked at by OpenNebula. */
export interface QuotaHolder {
  readonly kind: "user" | "group";
  readonly id: number;
  readonly name: string;
  /** Number of a user's first group; of a group its own. */
  readonly group: number;
  readonly groups: readonly number[];
  /** The limits on machines that hold; what is not limited is not here. */
  readonly limits: readonly QuotaUse[];
}

/** The calls on users and groups. */
export function accountCalls(ask: Ask) {
  return {
    /** The user that the session belongs to. */
    me: async () => decodeHolder("user", await ask.document("one.user.info", -1)),
    group: async (id: number) => decodeHolder("group", await ask.document("one.group.info", id)),
    /** A new token of a user, good for so many seconds. OpenNebula keeps ten at most (`LoginTokenPool`). */
    login: (user: string, seconds: number) => ask.word("one.user.login", user, "", seconds, -1),
    version: () => ask.word("one.system.version"),
  };
}

const unlimited = -2;
const byDefault = -1;

function decodeHolder(kind: "user" | "group", element: XmlElement): QuotaHolder {
  const id = numberAt(element, "ID");
  const own = elementAt(element, "VM_QUOTA/VM");
  const common = elementAt(element, `DEFAULT_${kind.toUpperCase()}_QUOTAS/VM_QUOTA/VM`);
  const limits = quotaMetrics.flatMap((metric): QuotaUse[] => {
    const said = limitAt(own, metric);
    const limit = said === byDefault ? limitAt(common, metric) : said;
    if (id === 0 || limit === byDefault || limit === unlimited) return [];
    return [{ metric, limit, used: Number(textAt(own, `${metric}_USED`) ?? 0) }];
  });
  const group = kind === "user" ? numberAt(element, "GID") : id;
  return { kind, id, name: wordAt(element, "NAME"), group, groups: numbersAt(element, "GROUPS"), limits };
}

function limitAt(quota: XmlElement | undefined, metric: QuotaMetric): number {
  const text = textAt(quota, metric);
  return text === undefined || text === "" ? byDefault : Number(text);
}
