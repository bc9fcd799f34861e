import { backOff } from "../../ssh/deadline.ts";
import { errorCodes, reasonOf } from "./error-code.ts";
import { isFailedBy, openNebulaError } from "./failures.ts";
import { exchange } from "./http.ts";
import { readSession, type SessionPlace } from "./session.ts";
import { decodeReply, encodeCall, type XmlRpcValue } from "./xml-rpc.ts";

/** How patient a caller is. Milliseconds. */
export interface CallerOptions {
  /** For one call; default 60 s: oned answers a pool of thousands in seconds. */
  readonly timeoutMs?: number;
  /** For a front-end that does not answer, or elects a leader; default 60 s. */
  readonly patienceMs?: number;
  /** The first pause before a call is sent again; default 500. */
  readonly pauseMs?: number;
  /** Bytes of an answer that are read before it is refused; default 256 MiB. */
  readonly most?: number;
}

/** Calls methods of OpenNebula with the session in front, and gives the second value of the answer. */
export interface Caller {
  /** For methods that answer with the number of an object. */
  id(method: string, parameters: readonly XmlRpcValue[], signal: AbortSignal): Promise<number>;
  /** For methods that answer with text, most often a document. */
  text(method: string, parameters: readonly XmlRpcValue[], signal: AbortSignal): Promise<string>;
}

/**
 * A caller for one place. What only looks, or does the same when it is done twice, is sent again while the front-end
 * does not answer; what makes something is sent again only where no server can have seen it. A session that has expired
 * is read anew from its file, once per call: whoever renews it there (`oneuser login`) need not tell anybody.
 */
export function openNebulaCaller(place: SessionPlace, options: CallerOptions = {}): Caller {
  let session: string | undefined;
  const once = async (method: string, parameters: readonly XmlRpcValue[], signal: AbortSignal) => {
    session ??= await readSession(place.authFile);
    const used = session;
    try {
      return await send(place, options, { method, parameters: [used, ...parameters], signal });
    } catch (error) {
      if (!isFailedBy(error, "opennebula-not-authenticated")) throw error;
      session = await readSession(place.authFile);
      if (session === used) throw error;
      return send(place, options, { method, parameters: [session, ...parameters], signal });
    }
  };
  const patiently = async (method: string, parameters: readonly XmlRpcValue[], signal: AbortSignal) => {
    const until = performance.now() + (options.patienceMs ?? 60_000);
    for (let turn = 0; ; turn += 1) {
      try {
        return await once(method, parameters, signal);
      } catch (error) {
        if (performance.now() >= until || !maySendAgain(error, method)) throw error;
      }
      await backOff(turn, options.pauseMs ?? 500, 5000, signal);
    }
  };
  const answerOf = (method: string, value: XmlRpcValue | undefined) =>
    openNebulaError("opennebula-unreadable", `${method} answered ${JSON.stringify(value)?.slice(0, 60)}.`);
  return {
    async id(method, parameters, signal) {
      const value = await patiently(method, parameters, signal);
      if (typeof value !== "number") throw answerOf(method, value);
      return value;
    },
    async text(method, parameters, signal) {
      const value = await patiently(method, parameters, signal);
      if (typeof value !== "string") throw answerOf(method, value);
      return value;
    },
  };
}

/** Methods that make something new each time. Everything else may be done twice. */
const makes = /\.(allocate|instantiate|clone|login|schedadd|attachnic|add_ar)$/;

function maySendAgain(error: unknown, method: string): boolean {
  if (isFailedBy(error, "opennebula-unreachable")) return true;
  if (isFailedBy(error, "opennebula-unknown-outcome")) return !makes.test(method);
  // Because a front-end that is not the leader refuses before it does anything (`Request::execute`).
  return error instanceof Error && /no leader found|in election mode|is replicating log/.test(error.message);
}

interface Call {
  readonly method: string;
  /** The session first. */
  readonly parameters: readonly XmlRpcValue[];
  readonly signal: AbortSignal;
}

async function send(place: SessionPlace, options: CallerOptions, call: Call): Promise<XmlRpcValue | undefined> {
  const { method, signal } = call;
  const { status, text } = await exchange({
    ...{ url: place.xmlRpc, method: "POST", authorities: place.authorities, signal },
    headers: { "content-type": "text/xml; charset=utf-8" },
    body: encodeCall(method, call.parameters),
    ...{ timeoutMs: options.timeoutMs ?? 60_000, most: options.most ?? 256 * 2 ** 20 },
  });
  if (status >= 500 && status !== 501)
    throw openNebulaError("opennebula-unknown-outcome", `${place.xmlRpc.href} answered ${status}.`);
  if (status !== 200) throw openNebulaError("opennebula-unreadable", `${place.xmlRpc.href} answered ${status}.`);
  return resultOf(method, text);
}

/** Every answer is a list: whether it worked, a value or what went wrong, a code, and more that is of no use here. */
function resultOf(method: string, text: string): XmlRpcValue | undefined {
  const reply = decoded(method, text);
  if (reply.kind === "fault")
    throw openNebulaError("opennebula-bad-parameters", `${method}: ${reply.text} (XML-RPC fault ${reply.code}).`);
  const { value } = reply;
  if (!isList(value) || typeof value[0] !== "boolean")
    throw openNebulaError("opennebula-unreadable", `${method} did not say whether it worked.`);
  const [worked, result, code] = value;
  if (worked) return result;
  const message = typeof result === "string" ? result : "";
  throw openNebulaError(reasonOf(typeof code === "number" ? code : errorCodes.internal, message), message);
}

function decoded(method: string, text: string) {
  try {
    return decodeReply(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw openNebulaError("opennebula-unreadable", `${method}: ${why}.`, cause);
  }
}

function isList(value: XmlRpcValue): value is readonly XmlRpcValue[] {
  return Array.isArray(value);
}
