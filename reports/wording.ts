const numbers = "no one two three four five six seven eight nine ten eleven twelve thirteen fourteen".split(" ");

/** A small count as a word, a larger one in figures. */
export function counted(count: number): string {
  return numbers[count] ?? String(count);
}

/** `1 test`, `3 tests`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** A whole number with commas between thousands. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `A`, `A and B`, `A, B and C`. */
export function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}

/** A test as people name it, and as a waiver has to: `class name`. */
export function testWords(test: { readonly class: string; readonly name: string }): string {
  return [test.class, test.name].filter((part) => part !== "").join(" ");
}

/** The text with a full stop at its end, unless it ends a sentence already. */
export function sentence(text: string): string {
  return /[.!?:]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`;
}

/** The text with its first letter large, unless its first word has a large letter of its own, as openSUSE does. */
export function capital(text: string): string {
  if (/^[a-z]+[A-Z]/.test(text)) return text;
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

const known: Readonly<Record<string, string>> = {
  almalinux: "AlmaLinux",
  ceph: "Ceph",
  centos: "CentOS",
  kvm: "KVM",
  leap: "Leap",
  lxc: "LXC",
  lxd: "LXD",
  microvm: "microVM",
  nfs: "NFS",
  opensuse: "openSUSE",
  qcow2: "qcow2",
  rhel: "RHEL",
  ssh: "SSH",
  ubuntu: "Ubuntu",
  vcenter: "vCenter",
  zfs: "ZFS",
};

/** Words for axis values that carry a title of their own, by value. */
export type Titles = Readonly<Record<string, string>>;

/** An axis value in words: its title, or `debian-12` as `Debian 12` and `kvm-ssh` as `KVM SSH`. */
export function valueWords(value: string, titles: Titles): string {
  if (Object.hasOwn(titles, value)) return titles[value] ?? value;
  const words = value.split("-").map((word) => (Object.hasOwn(known, word) ? (known[word] ?? word) : word));
  return words.map((word, index) => (index === 0 && word === value.split("-")[0] ? capital(word) : word)).join(" ");
}

/** A cell, or the part of one that a node runs for, in words: `Debian 12, KVM SSH`. */
export function cellWords(values: Readonly<Record<string, string>>, titles: Titles): string {
  return Object.values(values)
    .map((value) => valueWords(value, titles))
    .join(", ");
}

/** A duration as a person says it: `320 ms`, `4.2 s`, `3 min 20 s`, `1 h 33 min`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 9_950) return `${(milliseconds / 1_000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return parts(Math.floor(seconds / 60), "min", seconds % 60, "s");
  const minutes = Math.round(seconds / 60);
  return parts(Math.floor(minutes / 60), "h", minutes % 60, "min");
}

function parts(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** Bytes as `812 B`, `4.2 KB`, `3.1 MB` (thousands). */
export function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const [value, unit] = bytes < 1_000_000 ? [bytes / 1_000, "KB"] : [bytes / 1_000_000, "MB"];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** `02:14`, of a UTC time in ISO 8601; with seconds where asked. */
export function clock(at: string, precision: "minutes" | "seconds" = "minutes"): string {
  return at.slice(11, precision === "minutes" ? 16 : 19);
}

/** `21 Nov 2026`, of a UTC time in ISO 8601. */
export function day(at: string): string {
  return `${Number(at.slice(8, 10))} ${months[Number(at.slice(5, 7)) - 1] ?? ""} ${at.slice(0, 4)}`;
}

/** The first words of a digest, in groups of four, for people who compare by eye. */
export function shortDigest(digest: string, groups = 3): string {
  return digest.slice(0, groups * 4).replace(/(.{4})(?=.)/g, "$1 ");
}
