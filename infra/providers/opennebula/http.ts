import http from "node:http";
import https from "node:https";
import { rootCertificates } from "node:tls";
import { openNebulaError } from "./failures.ts";

/** One exchange with a server of OpenNebula. */
export interface Exchange {
  readonly url: URL;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** PEM text of authorities beside those that Node brings; null for none. */
  readonly authorities: string | null;
  /** Milliseconds from the first byte out to the last byte in. */
  readonly timeoutMs: number;
  /** Bytes of an answer that are read before it is refused. */
  readonly most: number;
  readonly signal: AbortSignal;
}

/** What a server answered, whatever its status. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * Sends one request and reads its whole answer as UTF-8. A connection of its own each time, because a kept one may be cut
 * in the moment of a call that must not be sent twice. Throws `opennebula-unreachable` where no server can have seen the
 * request, `opennebula-unknown-outcome` where one may have, and the signal's reason when aborted.
 */
export function exchange(options: Exchange): Promise<Answer> {
  const { url, method, headers, body, authorities, timeoutMs, signal } = options;
  const what = `${method} ${url.origin}${url.pathname}`;
  const ca = authorities === null ? {} : { ca: [...rootCertificates, authorities] };
  const length = { "content-length": String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    let sent = false;
    const settings = { method, headers: { ...headers, ...length, connection: "close" }, agent: false, signal, ...ca };
    const request = url.protocol === "https:" ? https.request(url, settings) : http.request(url, settings);
    // Because an error after the answer has begun is told by the answer alone, and not by the request.
    const fail = (cause: Error): void => {
      clearTimeout(late);
      request.destroy();
      const reason = sent ? "opennebula-unknown-outcome" : "opennebula-unreachable";
      reject(signal.aborted ? signal.reason : openNebulaError(reason, `${what}: ${wordsOf(cause)}.`, cause));
    };
    const late = setTimeout(() => fail(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    request.on("error", fail);
    request.on("socket", (socket) =>
      socket.once(url.protocol === "https:" ? "secureConnect" : "connect", () => {
        sent = true;
      }),
    );
    request.on("response", (response) => {
      read(response, options.most).then((text) => {
        clearTimeout(late);
        resolve({ status: response.statusCode ?? 0, text });
      }, fail);
    });
    request.end(body);
  });
}

async function read(response: http.IncomingMessage, most: number): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response) {
    if (!Buffer.isBuffer(part)) throw new Error("the answer is not made of bytes");
    size += part.length;
    if (size > most) throw new Error(`the answer is longer than ${most} bytes`);
    parts.push(part);
  }
  if (!response.complete) throw new Error("the answer was cut off");
  return Buffer.concat(parts).toString("utf8");
}

/** Because an error of several addresses says nothing of its own. */
function wordsOf(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map((one) => wordsOf(one)).join("; ");
  return error.message === "" ? error.name : error.message;
}
