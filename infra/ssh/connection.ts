import type { SshAddress } from "../providers/provider.ts";

/** How a command ended. A null code without a signal means *unknown*: the connection went away, it did not fail. */
export interface CommandResult {
  readonly code: number | null;
  /** Such as `SIGKILL`. */
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Deadline in milliseconds, from the call to the end; default 60,000, for transfers 600,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Text for standard input, closed afterwards: the way for secrets. Not used by transfers. */
  readonly input?: string;
  /** Each line as it comes. */
  readonly onLine?: (line: string, stream: "stdout" | "stderr") => void;
  /** Each piece of output as it comes, before it is decoded. */
  readonly onBytes?: (chunk: Buffer, stream: "stdout" | "stderr") => void;
}

/** One authenticated connection, shared by up to eight channels. */
export interface Connection {
  readonly address: SshAddress;
  /** Runs a shell command. Resolves for any exit code; throws an error carrying a Failure on deadline or loss. */
  run(command: string, options?: CommandOptions): Promise<CommandResult>;
  /** As {@link run}, but an exit code other than 0 is an error carrying a Failure that shows the last lines. */
  must(command: string, options?: CommandOptions): Promise<CommandResult>;
  /** Copies a file or a folder's content into a remote folder (made if missing), compared by sha256 afterwards. */
  upload(localPath: string, remoteFolder: string, options?: CommandOptions): Promise<void>;
  /** Copies one remote file to a local path, at most `maxBytes` (the tail is kept), compared by sha256. */
  download(
    remotePath: string,
    localPath: string,
    options?: CommandOptions & { readonly maxBytes?: number },
  ): Promise<{ readonly sha256: string; readonly bytes: number; readonly truncated: boolean }>;
  close(): void;
}
