import type { Duplex } from "node:stream";
import ssh2, { type Client } from "ssh2";
import type { SshAddress } from "../providers/provider.ts";
import { offeredAlgorithms } from "./algorithms.ts";
import { type Credential, credentialOf } from "./credential.ts";
import { unless } from "./deadline.ts";
import { placeOf, sshError } from "./failures.ts";
import { hostKeyCheck } from "./host-key.ts";
import { type OpenLink, openTransport } from "./route.ts";

/** A session that is up. */
export interface Login {
  readonly client: Client;
  readonly loss: Loss;
  /** Ends what the session ran over, once it has said goodbye. */
  close(): void;
}

/** How the end of a session becomes known. */
export interface Loss {
  /** Aborted with the error to throw. */
  readonly signal: AbortSignal;
  established(): void;
  declare(error: Error): void;
}

const keepalive = { keepaliveInterval: 15_000, keepaliveCountMax: 4 };

/** Logs in once: reads keys, opens the way, checks the host key, proves who we are. */
export async function logIn(address: SshAddress, signal: AbortSignal, openJump: OpenLink): Promise<Login> {
  const [check, credential] = await Promise.all([hostKeyCheck(address), credentialOf(address)]);
  const { stream, close: closeWay } = await openTransport(address, signal, openJump);
  const client = new ssh2.Client();
  const loss = watch(client, stream, address);
  const close = (): void => {
    end(stream);
    closeWay();
  };
  loss.signal.addEventListener("abort", closeWay, { once: true });
  let refusal: Error | undefined;
  const isExpected = (key: Buffer): boolean => {
    refusal = check.judge(key);
    return refusal === undefined;
  };
  try {
    await unless(greet(client, { stream, address, types: check.types, credential, isExpected }), loss.signal, signal);
    loss.established();
    return { client, loss, close };
  } catch (error) {
    client.destroy();
    stream.destroy();
    closeWay();
    throw refusal ?? error;
  }
}

interface Meeting {
  readonly stream: Duplex;
  readonly address: SshAddress;
  readonly credential: Credential;
  /** Types of the expected host keys. */
  readonly types: readonly string[];
  isExpected(hostKey: Buffer): boolean;
}

function greet(client: Client, { stream, address, credential, types, isExpected }: Meeting): Promise<void> {
  const words = {
    sock: stream,
    username: address.user,
    ...credential,
    hostVerifier: isExpected,
    algorithms: offeredAlgorithms(types),
    // Because our own deadline covers the whole way from the socket on.
    readyTimeout: 0,
    ...keepalive,
  };
  return new Promise((resolve, reject) => {
    client.once("ready", resolve);
    try {
      client.connect(words);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      reject(sshError("ssh-private-key", `${address.privateKeyPath}: ${why}`, cause));
    }
  });
}

/** Because a peer that is frozen would hold the socket, and this process, for ever. */
function end(stream: Duplex): void {
  stream.end(() => stream.destroy());
  setTimeout(() => stream.destroy(), 1000).unref();
}

type ClientError = Error & { readonly level?: string };

/** One listener for the whole life of a session: ssh2 may report errors before, between and after everything else. */
function watch(client: Client, stream: Duplex, address: SshAddress): Loss {
  const controller = new AbortController();
  let isUp = false;
  let isGreeted = false;
  const over = (cause?: ClientError): void => {
    if (!controller.signal.aborted) {
      controller.abort(isUp ? lostError(address, cause) : refusedError(address, isGreeted, cause));
    }
    end(stream);
  };
  stream.once("data", () => {
    isGreeted = true;
  });
  // Because ssh2 closes its channels in its own listeners, and they must find the loss already declared.
  for (const event of ["error", "end", "close"]) {
    stream.on(event, (cause?: unknown) => over(cause instanceof Error ? cause : undefined));
  }
  client.on("error", over);
  return {
    signal: controller.signal,
    established: () => {
      isUp = true;
    },
    declare: (error) => controller.abort(error),
  };
}

function lostError(address: SshAddress, cause: ClientError | undefined): Error {
  const silent = cause?.level === "client-timeout";
  const how = silent ? "nothing was heard for a minute" : (cause?.message ?? "the machine ended the connection");
  return sshError("ssh-connection-lost", `${placeOf(address)}: ${how}.`, cause);
}

function refusedError(address: SshAddress, isGreeted: boolean, cause: ClientError | undefined): Error {
  const detail = `${placeOf(address)}: ${cause?.message ?? "the machine ended the connection"}.`;
  if (cause?.level === "client-authentication") return sshError("ssh-authentication", detail, cause);
  if (cause?.level === "agent") return sshError("ssh-agent", detail, cause);
  if (cause?.level === "handshake") return sshError("ssh-algorithms", detail, cause);
  return sshError(isGreeted ? "ssh-handshake" : "ssh-unreachable", detail, cause);
}
