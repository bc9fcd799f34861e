import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openLineSocket } from "../../../infra/hosts/line-socket.ts";
import { openMonitor } from "../../../infra/hosts/monitor.ts";

let folder: string;
const open: net.Socket[] = [];
const servers: net.Server[] = [];
beforeEach(() => {
  // Longer than the 107 bytes that a path of a socket may have.
  folder = join(mkdtempSync(join(tmpdir(), "line-")), "a".repeat(120));
  mkdirSync(folder);
});
afterEach(() => {
  for (const one of open.splice(0)) one.destroy();
  for (const one of servers.splice(0)) one.close();
  rmSync(join(folder, ".."), { recursive: true });
});

/** A socket in the folder; every line that comes in is answered by `answer`. */
async function listen(name: string, greeting: string, answer: (line: string) => string): Promise<void> {
  const server = net.createServer((socket) => {
    open.push(socket);
    socket.on("error", () => {});
    socket.write(greeting);
    socket.on("data", (chunk) => socket.write(answer(chunk.toString())));
  });
  servers.push(server);
  const before = process.cwd();
  process.chdir(folder);
  await new Promise<void>((resolve) => server.listen(name, resolve));
  process.chdir(before);
}

const soon = () => AbortSignal.timeout(5000);

test("a socket is reached however long the path of its folder is; lines before the wanted one are passed over", async () => {
  await listen("port.sock", "noise\nhe", () => "ld\n");
  using socket = await openLineSocket(folder, "port.sock", soon());
  socket.send("go on");
  expect(await socket.next((line) => line === "held", soon())).toBe("held");
});

test("a wait ends when the other end goes, and when its signal is aborted", async () => {
  await listen("port.sock", "", () => "");
  using socket = await openLineSocket(folder, "port.sock", soon());
  const stop = new AbortController();
  const stopped = socket.next(() => true, stop.signal);
  stop.abort(new Error("no patience"));
  await expect(stopped).rejects.toThrow("no patience");
  const gone = socket.next(() => true, soon());
  for (const one of open) one.destroy();
  await expect(gone).rejects.toThrow("QEMU closed port.sock");
});

test("a monitor keeps events that come before an answer, and repeats QEMU's own words when it refuses", async () => {
  await listen("monitor.sock", '{"QMP":{}}\n', (line) => {
    const { execute, id } = JSON.parse(line);
    const event = '{"event":"MIGRATION","data":{"status":"completed"}}\n';
    if (execute === "cont") return `{"id":${id},"error":{"class":"GenericError","desc":"not now"}}\n`;
    return `${execute === "migrate" ? event : ""}{"id":${id},"return":{"for":"${execute}"}}\n`;
  });
  using monitor = await openMonitor(folder, soon());
  expect(await monitor.execute("migrate")).toEqual({ for: "migrate" });
  expect(await monitor.event("MIGRATION")).toEqual({ status: "completed" });
  await expect(monitor.execute("cont")).rejects.toThrow("QEMU refused cont: not now");
});
