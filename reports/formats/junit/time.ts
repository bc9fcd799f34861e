/** A duration as a result file writes it. */
export type ReadTime =
  | { readonly kind: "known"; readonly ms: number }
  | { readonly kind: "absent" }
  /** It may mean several things, or none: a guess would be a lie in the certificate. */
  | { readonly kind: "unclear" };

const units: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1_000 };

/** Milliseconds of a year: no test takes longer, so that a longer time is in another unit than seconds. */
const longest = 365 * 24 * 3_600_000;

/**
 * Reads a `time` in seconds, strictly. Known are a plain or exponential decimal number; `1,234.5` and `1.234,5` with
 * grouped thousands (Surefire up to 3.1.0, SUREFIRE-2176); `0,160` and `12,5` with a decimal comma, where it can be
 * nothing else (testng#198); and a number with its unit, `80.803us` (kotest#2756). `1,234` may be either, and is unclear; so
 * are negative times and those of more than a year, which are in fact nanoseconds.
 */
export function readTime(text: string | undefined): ReadTime {
  const said = text?.trim() ?? "";
  if (said === "") return { kind: "absent" };
  const ms = millisecondsOf(said);
  return ms === null || ms > longest ? { kind: "unclear" } : { kind: "known", ms: Math.round(ms) };
}

function millisecondsOf(said: string): number | null {
  if (/^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(said)) return Number(said) * 1_000;
  if (/^[1-9]\d{0,2}(,\d{3})+\.\d+$/.test(said) || /^[1-9]\d{0,2}(,\d{3}){2,}$/.test(said)) {
    return Number(said.replaceAll(",", "")) * 1_000;
  }
  if (/^[1-9]\d{0,2}(\.\d{3})+,\d+$/.test(said)) return Number(said.replaceAll(".", "").replace(",", ".")) * 1_000;
  if (/^0,\d+$/.test(said) || /^\d+,(\d{1,2}|\d{4,})$/.test(said)) return Number(said.replace(",", ".")) * 1_000;
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)\s?(ns|us|µs|μs|ms|s)$/.exec(said) ?? [];
  return number === "" ? null : Number(number) * (units[unit] ?? Number.NaN);
}

/**
 * A `timestamp` in UTC, ISO 8601, where it says its zone; as it is, with a word on that, where it says none: whose local
 * time it is, the file does not tell. Null where it is no time.
 */
export function readTimestamp(text: string): string | null {
  const [, local, zone] =
    /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?)\s?(Z|[+-]\d\d:?\d\d)?$/.exec(text.trim()) ?? [];
  if (local === undefined || Number.isNaN(Date.parse(`${local.replace(" ", "T")}Z`))) return null;
  if (zone === undefined) return `${local} (no time zone)`;
  const offset = zone.replace(/^([+-]\d\d):?(\d\d)$/, "$1:$2");
  const at = new Date(`${local.replace(" ", "T")}${offset}`);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}
