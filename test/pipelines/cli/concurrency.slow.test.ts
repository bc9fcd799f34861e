import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Edgecert, edgecert, testHome } from "../../certify-process.ts";

const held = "test/fixtures/definitions/held.ts";
const started: Edgecert[] = [];

function start(...words: readonly string[]): Edgecert {
  const process = edgecert(...words);
  started.push(process);
  return process;
}

async function done(process: Edgecert) {
  const code = await process.ended;
  return { code, out: process.out.join("\n"), err: process.err.join("\n") };
}

afterAll(() => {
  for (const one of started) one.child.kill("SIGKILL");
});

const works = (process: Edgecert) => process.next((event) => event.type === "note" && event.node === "user");

describe("edgecert run --concurrency", () => {
  it("queues behind a run, is listed so, and is cancelled while it waits", async () => {
    const first = start("run", held, "--concurrency", "queue", "--json");
    const { run } = await works(first);
    const second = start("run", held, "--concurrency", "queue", "--json");
    const queued = await second.next((event) => event.type === "run.queued");
    expect(queued.data).toEqual({ lane: "held", behind: [run] });
    expect((await done(start("list"))).out).toMatch(new RegExp(`^${queued.run} .* queued$`, "m"));
    expect((await done(start("logs", queued.run))).out).toContain(
      `waits for ${run}: runs of held go one after another`,
    );

    const refused = await done(start("run", held, "--concurrency", "refuse"));
    expect(refused).toMatchObject({ code: 6, err: expect.stringContaining(`Another run of held is being worked on`) });
    expect(refused.err).toContain(run);

    const cancel = await done(start("cancel", queued.run));
    expect(cancel).toMatchObject({ code: 0, out: expect.stringContaining("waits no more; it held nothing") });
    const ended = await done(second);
    expect(ended).toMatchObject({ code: 6, err: expect.stringMatching(/^Left over: {3}0$/m) });

    const third = start("run", held, "--concurrency", "replace", "--json");
    const working = works(third);
    const replaced = await done(first);
    expect(replaced).toMatchObject({ code: 6, err: expect.stringMatching(/^Left over: {3}0$/m) });
    expect(replaced.out).toMatch(/"type":"node.passed".*/);
    const { run: last } = await working;
    expect(replaced.out).toContain(`replaced by ${last}`);
    third.child.kill("SIGINT");
    expect(await third.ended).toBe(6);
  });

  it("replaces a run whose process was killed, and gives back what it held", async () => {
    const first = start("run", held, "--concurrency", "queue", "--json");
    const { run } = await works(first);
    first.child.kill("SIGKILL");
    await first.ended;
    const file = join(testHome, "runs", run, "held.txt");
    expect(existsSync(file)).toBe(true);
    const next = start("run", held, "--concurrency", "replace", "--json");
    await works(next);
    expect(existsSync(file)).toBe(false);
    next.child.kill("SIGINT");
    expect(await next.ended).toBe(6);
    const status = await done(start("status", run, "--json"));
    expect(JSON.parse(status.out)).toMatchObject({ state: "cancelled", leaked: 0 });
  });
});
