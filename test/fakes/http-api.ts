import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { LostReply } from "./world.ts";

/** A request to a fake's HTTP API. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

/** What it answers; `body` is written as JSON. */
export interface ApiAnswer {
  readonly status: number;
  readonly body?: unknown;
}

/** A fake's HTTP API on loopback: where it is, until it is disposed. */
export interface ServedApi extends AsyncDisposable {
  readonly url: string;
}

/**
 * Serves what `answer` says to callers with the token `fake`; others get `denied`. A reply that the world loses is a
 * connection that is cut.
 */
export async function serveApi(
  answer: (request: ApiRequest) => Promise<ApiAnswer>,
  denied: ApiAnswer,
): Promise<ServedApi> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://fake");
    const asked = { method: request.method ?? "GET", path: pathname, query: searchParams };
    const said = request.headers["x-auth-token"] === "fake" ? answer(asked) : Promise.resolve(denied);
    said.then(
      (reply) => write(response, reply),
      (error: unknown) => {
        if (error instanceof LostReply) response.destroy();
        else write(response, { status: 500, body: { message: String(error) } });
      },
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the fake listens at no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function write(response: ServerResponse, { status, body }: ApiAnswer): void {
  if (body === undefined) response.writeHead(status).end();
  else response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** One page of a list as the query asks for it: pages count from 1. */
export function pageOf<Entry>(all: readonly Entry[], query: URLSearchParams, sizeName: string): readonly Entry[] {
  const size = Math.min(100, Number(query.get(sizeName) ?? 20));
  const page = Number(query.get("page") ?? 1);
  return all.slice((page - 1) * size, page * size);
}
