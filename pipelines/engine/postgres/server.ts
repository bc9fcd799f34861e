import { postgresAccount } from "./account.ts";
import { postgresBinaries } from "./binaries.ts";
import { withLockFile } from "./lock-file.ts";
import { refuseOtherMajor } from "./major.ts";
import { postgresPlace } from "./place.ts";
import { otherUsers, type PostgresAddress } from "./probe.ts";
import { answers, type PostgresProcess, startPostgres, stopPostgres } from "./process.ts";

export type { PostgresAddress } from "./probe.ts";

/** A running Postgres that this process uses. */
export interface PostgresServer {
  readonly address: PostgresAddress;
  /** Where its data lies, absolute. */
  readonly folder: string;
  /** Whether it was running already. */
  readonly adopted: boolean;
  /** Stops it where nobody else is connected. Call when all connections of this process are closed. */
  release(): Promise<void>;
}

/**
 * The Postgres of a home: the running one, which may have survived its starter, else started now. `enter` connects
 * while no other process can stop the server; what it leaves connected keeps the server up. Refused where the data is
 * of another major version.
 */
export async function openPostgres<Entered>(
  home: string,
  enter: (address: PostgresAddress) => Promise<Entered>,
): Promise<{ readonly server: PostgresServer; readonly entered: Entered }> {
  const process = await homeProcess(home);
  const { place, address } = process;
  return withLockFile(place.lock, async () => {
    await refuseOtherMajor(place);
    const adopted = await answers(process);
    if (!adopted) await startPostgres(process);
    const entered = await enter(address);
    return {
      server: {
        address,
        folder: place.folder,
        adopted,
        release: () => withLockFile(place.lock, () => stopUnused(process)),
      },
      entered,
    };
  });
}

/** The server of a home, with the binaries that are locked. */
export async function homeProcess(home: string): Promise<PostgresProcess> {
  const account = await postgresAccount();
  const place = await postgresPlace(home, account);
  const address = { host: place.sockets, user: "edgecert", database: "postgres" };
  return { place, address, account, binaries: () => postgresBinaries(account) };
}

async function stopUnused({ place, address }: PostgresProcess): Promise<void> {
  if ((await otherUsers(address)) === 0) await stopPostgres(place);
}
