import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";

/** A way to an EC2 that sometimes answers in its place. */
export interface RefusingProxy extends AsyncDisposable {
  readonly url: string;
  /** Actions in the order of their arrival, such as `DeleteSubnet`. */
  readonly actions: string[];
  /** From now on calls of these actions are refused so many times with EC2's own XML. */
  refuse(code: string, status: number, times: Readonly<Record<string, number>>): void;
}

/** Hands calls on to `url`, and says what came by. */
export async function refusingProxy(url: string): Promise<RefusingProxy> {
  const actions: string[] = [];
  let refusal = { code: "", status: 0, left: new Map<string, number>() };
  const server = createServer(async (incoming, answer) => {
    const body = await buffer(incoming);
    const action = new URLSearchParams(body.toString("utf8")).get("Action") ?? "";
    actions.push(action);
    const left = refusal.left.get(action) ?? 0;
    if (left === 0) return forward(url, { incoming, body, answer });
    refusal.left.set(action, left - 1);
    answer.writeHead(refusal.status, { "Content-Type": "text/xml" });
    answer.end(errorBody(refusal.code));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    actions,
    refuse(code, status, times) {
      refusal = { code, status, left: new Map(Object.entries(times)) };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly body: Buffer;
  readonly answer: ServerResponse;
}

function forward(url: string, { incoming, body, answer }: Exchange): void {
  const { method, headers, url: path = "/" } = incoming;
  const onward = request(new URL(path, url), { method, headers }, (reply) => {
    answer.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(answer);
  });
  onward.on("error", () => answer.destroy());
  onward.end(body);
}

function errorBody(code: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>${code}</Code><Message>refused by the test</Message></Error></Errors><RequestID>1</RequestID></Response>`;
}
