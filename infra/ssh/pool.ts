import type { SshAddress, SshHop } from "../providers/provider.ts";
import { connect } from "./connect.ts";
import type { Connection } from "./connection.ts";

/** One connection per address, shared by all who ask. */
export interface ConnectionPool {
  /**
   * The connection to an address, made on first use. It heals itself when lost; a failed login is not remembered.
   * Whoever closes it closes it for all: the next `get` logs in again.
   */
  get(address: SshAddress): Promise<Connection>;
  /** Closes every connection; the pool stays usable. */
  close(): void;
}

/** Makes an empty pool. */
export function connectionPool(): ConnectionPool {
  const connections = new Map<string, Promise<Connection>>();

  const open = (key: string, address: SshAddress): Promise<Connection> => {
    const opening = connect(address).then((connection) => ({
      ...connection,
      close: () => {
        if (connections.get(key) === opening) connections.delete(key);
        connection.close();
      },
    }));
    connections.set(key, opening);
    opening.catch(() => {
      if (connections.get(key) === opening) connections.delete(key);
    });
    return opening;
  };
  return {
    get(address) {
      const key = keyOf(address);
      return connections.get(key) ?? open(key, address);
    },
    close() {
      for (const opening of connections.values()) {
        opening.then(
          (connection) => connection.close(),
          () => undefined,
        );
      }
      connections.clear();
    },
  };
}

/** All of an address in a fixed order: what differs in any part is another machine, or another way to it. */
function keyOf(address: SshAddress): string {
  const word = ({ host, port, user, privateKeyPath, passphrase, hostKey, knownHosts }: SshHop): unknown => [
    [host, port, user, privateKeyPath, hostKey, knownHosts],
    Object.entries(passphrase ?? {}),
  ];
  return JSON.stringify([word(address), address.jumps?.map(word), address.proxy]);
}
