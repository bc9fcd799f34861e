import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { JsonApi, tokenAddress } from "../../../infra/providers/json-api.ts";

const { signal } = new AbortController();
let open: AsyncDisposableStack;
beforeEach(() => {
  open = new AsyncDisposableStack();
});
afterEach(() => open.disposeAsync());

/** A server that answers every request so, and the requests that came to it. */
async function serve(answer: (response: ServerResponse, request: IncomingMessage) => void) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(response, request);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.defer(async () => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return { requests, url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}` };
}

function apiAt(url: string): JsonApi {
  const failure = (detail: string) => ({ reason: "r", class: "fatal", title: "t", detail, next: "n" }) as const;
  return new JsonApi({ url, token: "a-secret", failure });
}

test("the token goes to the API and not to where it sends us", async () => {
  const elsewhere = await serve((response) => response.end("{}"));
  const { url, requests } = await serve((response) => response.writeHead(302, { location: elsewhere.url }).end());
  await expect(apiAt(url).get("/v1/things", signal)).rejects.toThrow(/unexpected redirect/);
  expect(requests.map(({ headers }) => headers["x-auth-token"])).toEqual(["a-secret"]);
  expect(elsewhere.requests).toEqual([]);
});

test("an answer of something in between is a failure at once, and shows no token", async () => {
  const { url, requests } = await serve((response) => response.end("<html>Please log in</html>"));
  const asking = apiAt(url).get("/v1/things", signal);
  await expect(asking).rejects.toThrow(/GET \/v1\/things: .*not valid JSON/);
  await expect(asking).rejects.not.toThrow("a-secret");
  expect(requests).toHaveLength(1);
});

test("what does not exist is null, and an empty answer is one", async () => {
  const { url } = await serve((response, { method }) => response.writeHead(method === "GET" ? 404 : 204).end());
  expect(await apiAt(url).get("/v1/things/1", signal)).toBeNull();
  expect(await apiAt(url).delete("/v1/things/1", signal)).toEqual({ body: null });
});

test("a refusal is told with its text, once", async () => {
  const { url, requests } = await serve((response) => response.writeHead(403).end('{"type": "permissions_denied"}'));
  await expect(apiAt(url).get("/v1/things", signal)).rejects.toMatchObject({
    failure: { detail: 'GET /v1/things: http error 403 Forbidden: {"type": "permissions_denied"}' },
  });
  expect(requests).toHaveLength(1);
});

test("whoever gives up is not made to wait for the next attempt", async () => {
  const { url, requests } = await serve((response) => response.destroy());
  const giveUp = new AbortController();
  const asking = apiAt(url).get("/v1/things", giveUp.signal);
  while (requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  giveUp.abort(new Error("enough"));
  await expect(asking).rejects.toThrow();
  expect(requests).toHaveLength(1);
});

test.each([
  ["https://api.example.org/", "https://api.example.org"],
  ["http://127.0.0.1:7001", "http://127.0.0.1:7001"],
  ["http://[::1]:7001/base/", "http://[::1]:7001/base"],
])("%s may be sent a token", (address, url) => {
  expect(tokenAddress("X_URL", address)).toBe(url);
});

test.each(["http://api.example.org", "http://127.0.0.1.example.org", "ftp://127.0.0.1", "api.example.org", ""])(
  "%j may not",
  (address) => {
    expect(() => tokenAddress("X_URL", address)).toThrow(/X_URL/);
  },
);
