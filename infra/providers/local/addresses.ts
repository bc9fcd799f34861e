import { createHash } from "node:crypto";
import net from "node:net";

/**
 * Port of every server's own loopback address: above 1023, so that nobody needs to be root, and none that a host's own sshd
 * often has beside 22, because that takes it of all addresses.
 */
export const sshPort = 2022;

/** Loopback address that leads to a server: no two servers of this machine share one. Pure. */
export function loopbackAddress(group: number, index: number): string {
  return `127.${64 + index}.${group >> 8}.${group & 255}`;
}

/** Multicast address and port that carry the network of one group, on the loopback device only. Pure. */
export function groupNetwork(group: number): { readonly address: string; readonly port: number } {
  return { address: `230.77.${group >> 8}.${group & 255}`, port: 21_000 };
}

/** Address of a server on its group's network, a /24 of which every group has its own copy. Pure. */
export function privateAddress(index: number): string {
  return `10.99.0.${11 + index}`;
}

/** A locally administered MAC address that follows from a server's id. Pure. */
export function macAddress(id: string, card: "outside" | "group"): string {
  const bytes = createHash("sha256").update(`${id} ${card}`).digest().subarray(0, 3);
  return ["52", "54", "00", ...[...bytes].map((byte) => byte.toString(16).padStart(2, "0"))].join(":");
}

/** A group number that nobody uses and whose loopback addresses can be listened on. */
export async function freeGroup(used: ReadonlySet<number>, servers: number): Promise<number> {
  const start = 1 + Math.floor(Math.random() * 65_000);
  for (let step = 0; step < 65_000; step += 1) {
    const group = 1 + ((start + step) % 65_000);
    if (used.has(group)) continue;
    const indexes = Array.from({ length: servers }, (_, index) => index);
    const free = await Promise.all(indexes.map((index) => canListen(loopbackAddress(group, index), sshPort)));
    if (free.every(Boolean)) return group;
  }
  throw new Error("no loopback address of this machine is free");
}

function canListen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
