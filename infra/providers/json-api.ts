import { setTimeout } from "node:timers/promises";
import type { Failure } from "../../pipelines/dsl/failure.ts";
import { InfraError } from "../failure.ts";
import { unsafeAddress } from "./json-api-failures.ts";

/** An HTTP API of JSON that knows its caller by a header `X-Auth-Token`. */
export interface JsonApiPlace {
  /** Such as `https://api.scaleway.com`. */
  readonly url: string;
  readonly token: string;
  /** The failure of an answer that is none: `GET /path: http error 403 Forbidden: permissions_denied`. */
  failure(message: string): Failure;
}

/** An answer: its JSON, or null where there is nothing of that name (404). */
export type JsonAnswer = { readonly body: unknown } | null;

/** How often passing trouble is tried again, and the first pause in milliseconds; each next one is twice as long. */
const retries = 3;
const pauseMs = 1_000;
/** How long one answer may take, in milliseconds. */
const answerMs = 30_000;

/** Speaks to one such API: what passes by itself (429, 5xx, a lost connection) is tried again; both verbs may be repeated. */
export class JsonApi {
  readonly #place: JsonApiPlace;

  constructor(place: JsonApiPlace) {
    this.#place = place;
  }

  get(path: string, signal: AbortSignal): Promise<JsonAnswer> {
    return this.#ask("GET", path, signal);
  }

  delete(path: string, signal: AbortSignal): Promise<JsonAnswer> {
    return this.#ask("DELETE", path, signal);
  }

  async #ask(method: "GET" | "DELETE", path: string, signal: AbortSignal): Promise<JsonAnswer> {
    for (let tried = 0; ; tried += 1) {
      const { answer, trouble, passes } = await this.#once(method, path, signal);
      if (trouble === null) return answer;
      signal.throwIfAborted();
      if (!passes || tried >= retries) throw new InfraError(this.#place.failure(`${method} ${path}: ${trouble}`));
      await setTimeout(pauseMs * 2 ** tried, undefined, { signal });
    }
  }

  async #once(method: string, path: string, signal: AbortSignal): Promise<Once> {
    try {
      const response = await fetch(`${this.#place.url}${path}`, {
        method,
        headers: { "x-auth-token": this.#place.token, accept: "application/json" },
        // Because fetch would hand the token on to wherever it is sent.
        redirect: "error",
        signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
      });
      const text = await response.text();
      if (response.status === 404) return { answer: null, trouble: null, passes: false };
      if (response.ok) return { answer: { body: text === "" ? null : JSON.parse(text) }, trouble: null, passes: false };
      const { status, statusText } = response;
      const passes = status === 429 || status >= 500;
      return { answer: null, trouble: `http error ${status} ${statusText}: ${text.slice(0, 500)}`, passes };
    } catch (error) {
      return { answer: null, ...networkTrouble(error) };
    }
  }
}

interface Once {
  readonly answer: JsonAnswer;
  /** Null where there was an answer. */
  readonly trouble: string | null;
  readonly passes: boolean;
}

/** What is no answer passes where the connection did not come about or broke; not where something else answers. */
function networkTrouble(error: unknown): { readonly trouble: string; readonly passes: boolean } {
  if (!(error instanceof Error)) return { trouble: String(error), passes: false };
  if (error.name === "TimeoutError") return { trouble: `i/o timeout after ${answerMs / 1_000} s`, passes: true };
  // Node says "fetch failed", and why in its cause: a code such as ECONNREFUSED.
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const said = cause instanceof Error ? cause.message : error.message;
  const known = words[code];
  return { trouble: `${known ?? "request failed"}: ${said || code}`, passes: known !== undefined };
}

/** As programs in Go word it, which the tables of errors know. */
const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset by peer",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "Temporary failure in name resolution",
  UND_ERR_SOCKET: "connection reset by peer",
  UND_ERR_CONNECT_TIMEOUT: "i/o timeout",
};

/** An address that a token may be sent to: over TLS, or on this machine. Throws an InfraError for any other. */
export function tokenAddress(variable: string, address: string): string {
  const url = URL.parse(address);
  const local = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(url?.hostname ?? "");
  if (url === null || !(url.protocol === "https:" || (url.protocol === "http:" && local)))
    throw new InfraError(unsafeAddress(variable, address));
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}
