import { writeFileSync } from "node:fs";
import { type KnownHost, replaceHostKey } from "../../../../infra/hosts/first-contact/host-key-replacement.ts";
import type { SshdPlaces } from "../../../../infra/hosts/first-contact/host-key-scripts.ts";

/** What {@link contact} does in a process of its own. */
export interface Contact {
  readonly host: KnownHost;
  readonly record: string;
  readonly places: SshdPlaces;
  /** File that receives the process's id. */
  readonly pidFile: string;
  /** Whether it dies as soon as the new key is written down. */
  readonly diesWhenWritten: boolean;
}

const { host, record, places, pidFile, diesWhenWritten }: Contact = JSON.parse(process.argv[2] ?? "");
writeFileSync(pidFile, String(process.pid));
const note = () => void (diesWhenWritten && process.kill(process.pid, "SIGKILL"));
await replaceHostKey(host, { record, places, signal: AbortSignal.timeout(60_000), note });
