import { InvalidArgumentError } from "commander";

const units: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
};

/** Bytes of a size such as `20GiB` or `500 MB`; commander's InvalidArgumentError for any other word. */
export function parseSize(word: string): number {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?) ?([a-z]+)$/i.exec(word.trim()) ?? [];
  const known = Object.entries(units).find(([name]) => name.toLowerCase() === unit.toLowerCase());
  const bytes = known === undefined ? Number.NaN : Math.round(Number(digits) * known[1]);
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new InvalidArgumentError(
    `${JSON.stringify(word)} is not a size: write a number and a unit, such as 20GiB or 500MiB.`,
  );
}

/** Bytes as people read them: `0 B`, `12 KiB`, `3.4 GiB`. */
export function printSize(bytes: number): string {
  const [name, size] =
    (["TiB", "GiB", "MiB", "KiB"] as const)
      .map((unit) => [unit, units[unit] ?? 1] as const)
      .find(([, limit]) => bytes >= limit) ?? (["B", 1] as const);
  const value = bytes / size;
  return `${value < 10 && size > 1 ? value.toFixed(1) : Math.round(value)} ${name}`;
}
