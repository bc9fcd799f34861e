import { createServer, request } from "node:http";
import { type Mirror, officialMirror } from "../../../infra/images/mirror.ts";

/** The host of the mirror that only the proxy knows. */
export const hiddenMirror = "mirror.edgecert.invalid";

/**
 * An HTTP proxy on loopback, through which a mirror is reached that exists nowhere else; behind it stands the real one. Counts
 * the requests for it.
 */
export async function mirrorProxy(real: Mirror) {
  let requests = 0;
  const server = createServer((asked, response) => {
    const url = new URL(asked.url ?? "/", "http://nobody.invalid");
    const { main, security } = real;
    const base = url.pathname.startsWith("/debian-security/") ? security : main;
    if (url.hostname !== hiddenMirror) return void response.writeHead(403).end();
    requests += 1;
    const behind = `${base}${url.pathname.replace(/^\/debian(-security)?/, "")}`;
    const { range, "if-modified-since": since } = asked.headers;
    const headers = {
      ...(range === undefined ? {} : { range }),
      ...(since === undefined ? {} : { "if-modified-since": since }),
    };
    const passed = request(behind, { headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.on("error", () => response.writeHead(502).end());
    passed.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    requests: () => requests,
    stop: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
}

/** The real mirror by plain HTTP, which is what the proxy speaks. */
export function plain(mirror: Mirror): Mirror {
  return mirror.main.startsWith("http:") ? mirror : officialMirror;
}
