import { expect, it } from "vitest";
import { edgecert, processesWith } from "../../certify-process.ts";

it("an edge cluster is brought up, met, used and given back, although the command is killed while its host boots", async () => {
  const killed = edgecert("run", "test/fixtures/definitions/local-edge.ts", "--json");
  const { run } = await killed.next((event) => event.type === "cluster.requested");
  await expect.poll(() => processesWith("qemu", `run=${run}`), { timeout: 400_000 }).toHaveLength(1);
  killed.child.kill("SIGKILL");
  expect(await killed.ended).toBe("SIGKILL");

  const resumed = edgecert("resume", run, "--json");
  const { data } = await resumed.next((event) => event.type === "cluster.ready");
  expect(data).toMatchObject({ provider: "local-edge", hosts: [{ name: "edge-1", hostClass: "nested" }] });
  await resumed.next((event) => event.type === "note" && JSON.stringify(event.data).includes("edge-1 says edge-1"));
  await resumed.next((event) => event.type === "cluster.released");
  expect(await resumed.ended, resumed.err.join("\n")).toBe(0);
  expect(resumed.err.join("\n")).toMatch(/^Left over: {3}0$/m);
  expect(processesWith(`run=${run}`)).toEqual([]);
});
