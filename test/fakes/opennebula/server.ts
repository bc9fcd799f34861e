import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { childOf, childrenOf, parseXml } from "../../../infra/providers/opennebula/xml-document.ts";
import { decodeValue, encodeValue, type XmlRpcValue } from "../../../infra/providers/opennebula/xml-rpc.ts";
import { answerFlow } from "./flow.ts";
import { tick } from "./life.ts";
import { checkParameters, type Method } from "./method.ts";
import { accountMethods } from "./methods/account.ts";
import { clusterMethods } from "./methods/cluster.ts";
import { hostMethods } from "./methods/host.ts";
import { machineMethods } from "./methods/machine.ts";
import { schedulingMethods } from "./methods/scheduling.ts";
import { templateMethods } from "./methods/template.ts";
import { Fault, Refusal } from "./refusal.ts";
import { type FakeScript, newScript } from "./script.ts";
import { authenticated } from "./session.ts";
import { type FakeWorld, newWorld } from "./world.ts";

/** A fake OpenNebula that listens on the loopback address. */
export interface FakeOpenNebula extends AsyncDisposable {
  /** Value of ONE_XMLRPC. */
  readonly xmlRpc: string;
  /** Value of ONEFLOW_URL. */
  readonly flow: string;
  readonly world: FakeWorld;
  readonly script: FakeScript;
}

/** How a fake is started. */
export interface FakeOptions {
  /** What it says that it is; default `6.10.0`. */
  readonly version?: string;
  /** Milliseconds between two steps of everything that happens by itself; default 10. */
  readonly stepMs?: number;
  /** Key and certificate in PEM, for a front-end behind TLS. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** Starts a fake front-end: XML-RPC and OneFlow, with the users `oneadmin` and `engineer`, whose passwords end in `-password`. */
export async function startFakeOpenNebula(options: FakeOptions = {}): Promise<FakeOpenNebula> {
  const script = newScript();
  const world = newWorld(options.version ?? "6.10.0", script);
  const methods = methodsOf(world);
  const calls = await listen(options, (request, response) => void answerCall(world, methods, request, response));
  const flow = await listen(options, (request, response) => void answerFlow(world, request, response));
  const clock = setInterval(() => tick(world), options.stepMs ?? 10);
  const scheme = options.tls === undefined ? "http" : "https";
  const url = (server: http.Server) => `${scheme}://127.0.0.1:${portOf(server)}`;
  return {
    ...{ xmlRpc: `${url(calls)}/RPC2`, flow: url(flow), world, script },
    async [Symbol.asyncDispose]() {
      clearInterval(clock);
      for (const vm of world.vms.values()) world.guests?.stop(vm);
      await Promise.all([calls, flow].map(close));
    },
  };
}

/** The methods that a version has, by their names. */
export function methodsOf({ version }: Pick<FakeWorld, "version">): ReadonlyMap<string, Method> {
  const early = version.startsWith("5.") || version.startsWith("6.0");
  const all = [...machineMethods, ...hostMethods, ...clusterMethods, ...templateMethods, ...accountMethods];
  return new Map(early ? all : [...all, ...schedulingMethods]);
}

async function listen({ tls }: FakeOptions, answer: http.RequestListener): Promise<http.Server> {
  const https = await import("node:https");
  const server = tls === undefined ? http.createServer(answer) : https.createServer(tls, answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function portOf(server: http.Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("the fake does not listen");
  return address.port;
}

async function close(server: http.Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
}

async function answerCall(
  world: FakeWorld,
  methods: ReadonlyMap<string, Method>,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const { script } = world;
  const what = script.requests.shift() ?? script.always ?? "answer";
  if (what === "refuse") return void request.socket.destroy();
  const body = await text(request).catch(() => "");
  const reply =
    what === "election"
      ? failed(0x2000, "Cannot process request, oned cluster in election mode")
      : replyTo(world, methods, body);
  if (script.slowMs > 0) await new Promise((resolve) => setTimeout(resolve, script.slowMs));
  const cut = script.cuts.indexOf(script.calls.at(-1)?.method ?? "");
  if (cut >= 0) script.cuts.splice(cut, 1);
  if (what === "cut" || cut >= 0) return void request.socket.destroy();
  response.setHeader("content-type", "text/xml; charset=utf-8");
  response.end(`<?xml version="1.0" encoding="UTF-8"?>\r\n<methodResponse>${reply}</methodResponse>\r\n`);
}

function replyTo(world: FakeWorld, methods: ReadonlyMap<string, Method>, body: string): string {
  try {
    const { name, parameters } = callOf(body);
    const found = methods.get(name);
    if (found === undefined) throw new Fault(-506, `Method '${name}' not defined`);
    const [session, ...rest] = parameters;
    if (typeof session !== "string")
      throw new Fault(
        -501,
        parameters.length === 0 ? "Not enough parameters" : "Parameter that is supposed to be string is not",
      );
    const user = authenticated(world, session);
    if (user === undefined) throw new Refusal(0x0100, `[${name}] User couldn't be authenticated, aborting call.`);
    world.script.calls.push({ method: name, user: user.name });
    checkParameters(found, rest);
    return value([true, found.run({ world, user, method: name, parameters: rest }), 0]);
  } catch (error) {
    if (error instanceof Refusal) return failed(error.code, error.message);
    const [code, words] = error instanceof Fault ? [error.code, error.message] : [-503, String(error)];
    return `<fault>${encodeValue({ faultCode: code, faultString: words })}</fault>`;
  }
}

function value(result: XmlRpcValue): string {
  return `<params><param>${encodeValue(result)}</param></params>`;
}

function failed(code: number, words: string): string {
  return value([false, words, code, -1, 0]);
}

function callOf(body: string): { readonly name: string; readonly parameters: readonly XmlRpcValue[] } {
  const root = parseXml(body);
  const name = childOf(root, "methodName")?.text ?? "";
  const parameters = childrenOf(childOf(root, "params"), "param").map((one) => {
    const inside = childOf(one, "value");
    if (inside === undefined) throw new Error("a parameter without a value");
    return decodeValue(inside);
  });
  return { name, parameters };
}
