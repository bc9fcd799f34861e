import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { openNebulaCaller } from "../../../../infra/providers/opennebula/caller.ts";
import { openNebula } from "../../../../infra/providers/opennebula/open-nebula.ts";
import { readSession, sessionPlace } from "../../../../infra/providers/opennebula/session.ts";
import { type FakeOptions, startFakeOpenNebula } from "../../../fakes/opennebula/server.ts";
import { certificateFor } from "./certificate.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const signal = () => AbortSignal.timeout(15_000);
const failing = (reason: string) => ({ failure: { reason } });

async function start(user = "oneadmin", options: FakeOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), "edgecert-one-"));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  const fake = await startFakeOpenNebula(options);
  closing.push(() => fake[Symbol.asyncDispose]());
  const authFile = join(folder, "one_auth");
  const logIn = (secret: string) => writeFileSync(authFile, `${user}:${secret}\n`);
  logIn(`${user}-password`);
  const place = { xmlRpc: new URL(fake.xmlRpc), flow: new URL(fake.flow), authFile, authorities: null };
  const patient = { pauseMs: 5, patienceMs: 5000, timeoutMs: 5000 };
  const one = openNebula(openNebulaCaller(place, patient), signal());
  return { fake, place, one, logIn, folder };
}

const template = { NAME: "debian-12", CPU: 1, MEMORY: 512, NIC: { NETWORK: "private" } };

describe("a call", () => {
  test("comes back as what it made, and what is there can be read", async () => {
    const { one } = await start();
    const cluster = await one.clusters.allocate("edge");
    const host = await one.hosts.allocate("node1", { monitor: "kvm", machines: "kvm" }, cluster);
    expect(await one.clusters.info(cluster)).toMatchObject({ id: cluster, name: "edge", hosts: [host] });
    await expect.poll(() => one.hosts.info(host)).toMatchObject({ state: "MONITORED", architecture: "x86_64" });
    expect(await one.hosts.info(host)).toMatchObject({ cpu: { max: 800, used: 0 }, memory: { max: 16_777_216 } });
  });

  test("that is refused has the reason of its code, and OpenNebula's words", async () => {
    const { one } = await start("engineer");
    await expect(one.machines.info(7)).rejects.toMatchObject({
      failure: { reason: "opennebula-no-exists", detail: "[one.vm.info] Error getting virtual machine [7]." },
    });
    await expect(one.clusters.allocate("mine")).rejects.toMatchObject(failing("opennebula-not-authorized"));
    await expect(one.templates.allocate({ CPU: 1 })).rejects.toMatchObject(failing("opennebula-internal"));
    await expect(one.machines.allocate({ CPU: 1 }, false)).rejects.toMatchObject(failing("opennebula-not-allocated"));
  });

  test("with a parameter of a wrong type is a defect, and says so", async () => {
    const { place } = await start();
    const caller = openNebulaCaller(place);
    for (const parameters of [["1"], [], [1, true, true]])
      await expect(caller.text("one.vm.info", parameters, signal())).rejects.toMatchObject({
        failure: { reason: "opennebula-bad-parameters", class: "fatal", detail: expect.stringContaining("fault -501") },
      });
    await expect(caller.text("one.vm.nothing", [], signal())).rejects.toMatchObject({
      failure: { detail: expect.stringContaining("Method 'one.vm.nothing' not defined") },
    });
  });

  test("that the front-end refuses or cuts off is sent again, unless it would make something twice", async () => {
    const { fake, one } = await start();
    fake.script.requests.push("refuse", "cut", "election");
    expect(await one.accounts.version()).toBe("6.10.0");
    fake.script.requests.push("cut");
    await expect(one.templates.allocate(template)).rejects.toMatchObject(failing("opennebula-unknown-outcome"));
    expect(fake.world.templates.size).toBe(1);
  });

  test("to nobody is tried until patience ends, and names the address", async () => {
    const { fake, place } = await start();
    await fake[Symbol.asyncDispose]();
    closing.pop();
    const one = openNebula(openNebulaCaller(place, { pauseMs: 5, patienceMs: 60 }), signal());
    await expect(one.accounts.version()).rejects.toMatchObject({
      failure: { reason: "opennebula-unreachable", detail: expect.stringContaining(place.xmlRpc.origin) },
    });
  });

  test("ends with its signal, with the signal's own reason", async () => {
    const { fake, place } = await start();
    fake.script.slowMs = 10_000;
    const stop = new AbortController();
    const asked = openNebula(openNebulaCaller(place), stop.signal).accounts.version();
    await expect.poll(() => fake.script.calls.length).toBe(1);
    stop.abort(new Error("enough"));
    await expect(asked).rejects.toThrow("enough");
  });

  test("that takes too long is given up", async () => {
    const { fake, place } = await start();
    fake.script.slowMs = 10_000;
    const one = openNebula(openNebulaCaller(place, { timeoutMs: 50, patienceMs: 0 }), signal());
    await expect(one.accounts.version()).rejects.toMatchObject({
      failure: { reason: "opennebula-unknown-outcome", detail: expect.stringContaining("no answer within 50 ms") },
    });
  });

  test.each([
    ["a page of a proxy", "<html><body>Welcome</body></html>", 200],
    ["a cut answer", "<?xml version='1.0'?><methodResponse><params>", 200],
    ["a huge nesting", "<a>".repeat(10_000), 200],
    ["entities", '<!DOCTYPE a [<!ENTITY b "b">]><methodResponse>&b;</methodResponse>', 200],
    ["another status", "", 404],
    ["more than is read", "x".repeat(70_000), 200],
  ])("answered by %s is refused", async (_, body, status) => {
    const { place } = await start();
    const server = http.createServer((_request, response) => response.writeHead(status).end(body));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing.push(() => server.closeAllConnections());
    closing.push(() => server.close());
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const other = { ...place, xmlRpc: new URL(`http://127.0.0.1:${port}/RPC2`) };
    const one = openNebula(openNebulaCaller(other, { patienceMs: 0, most: 65_536 }), signal());
    await expect(one.accounts.version()).rejects.toMatchObject({
      failure: { reason: expect.stringMatching(/^opennebula-(unreadable|unknown-outcome)$/) },
    });
  });
});

describe("a session", () => {
  test("whose token expires is read anew from its file", async () => {
    const { fake, one, place, logIn } = await start("engineer");
    const [short, long] = [await one.accounts.login("engineer", 60), await one.accounts.login("engineer", 3600)];
    logIn(short);
    const aging = openNebula(openNebulaCaller(place), signal());
    expect(await aging.accounts.me()).toMatchObject({ name: "engineer" });
    fake.world.ahead = 120;
    await expect(aging.accounts.me()).rejects.toMatchObject(failing("opennebula-not-authenticated"));
    logIn(long);
    expect(await aging.accounts.me()).toMatchObject({ name: "engineer" });
  });

  test("never stands in a message", async () => {
    const { fake, one, logIn } = await start();
    logIn("wr0ng-secret");
    await expect(one.accounts.version()).rejects.not.toThrow(/wr0ng-secret/);
    fake.script.requests.push("refuse");
    await expect(
      openNebulaCaller((await start()).place, { patienceMs: 0 }).id("one.vm.info", ["x"], signal()),
    ).rejects.not.toThrow(/oneadmin-password/);
  });

  test.each(["", "oneadmin", "two words:x y", ":"])("file that holds %j is refused", async (text) => {
    const { folder } = await start();
    writeFileSync(join(folder, "bad"), text);
    await expect(readSession(join(folder, "bad"))).rejects.toMatchObject(failing("opennebula-no-session"));
    await expect(readSession(join(folder, "none"))).rejects.toMatchObject(failing("opennebula-no-session"));
  });

  test("comes from where OpenNebula's own clients look", async () => {
    const place = await sessionPlace({ HOME: "/home/one" });
    expect(place).toMatchObject({ authFile: "/home/one/.one/one_auth", authorities: null });
    expect([place.xmlRpc.href, place.flow.href]).toEqual(["http://localhost:2633/RPC2", "http://localhost:2474/"]);
    const other = { ONE_XMLRPC: "https://one.example/RPC2", ONEFLOW_URL: "https://one.example:2474", ONE_AUTH: "/x" };
    expect(await sessionPlace(other)).toMatchObject({ authFile: "/x" });
  });

  test.each([
    [{ ONE_XMLRPC: "http://one.example:2633/RPC2" }, "without TLS"],
    [{ ONEFLOW_URL: "http://one.example:2474" }, "ONEFLOW_URL"],
    [{ ONE_DISABLE_SSL_VERIFY: "yes" }, "ONE_DISABLE_SSL_VERIFY"],
    [{ EDGECERT_OPENNEBULA_CA: "/nowhere/ca.pem" }, "/nowhere/ca.pem"],
  ])("is never sent where others could read it: %j", async (environment, word) => {
    await expect(sessionPlace(environment)).rejects.toMatchObject({
      failure: { reason: "opennebula-insecure", detail: expect.stringContaining(word) },
    });
  });

  test("goes to a front-end whose certificate is proved, and to no other", async () => {
    const tls = certificateFor("127.0.0.1");
    const { place } = await start("oneadmin", { tls });
    const impatient = { patienceMs: 0 };
    const unproved = openNebula(openNebulaCaller(place, impatient), signal());
    await expect(unproved.accounts.version()).rejects.toMatchObject(failing("opennebula-unreachable"));
    const proved = openNebula(openNebulaCaller({ ...place, authorities: tls.cert }, impatient), signal());
    expect(await proved.accounts.version()).toBe("6.10.0");
    const another = certificateFor("127.0.0.2");
    const elsewhere = await start("oneadmin", { tls: another });
    const misled = openNebulaCaller({ ...elsewhere.place, authorities: another.cert }, impatient);
    await expect(openNebula(misled, signal()).accounts.version()).rejects.toMatchObject(
      failing("opennebula-unreachable"),
    );
  });
});

describe("a pool", () => {
  test("is read page after page, each object once", async () => {
    const { one } = await start();
    for (let index = 0; index < 11; index += 1) await one.machines.allocate({ ...template, NAME: `vm${index}` }, true);
    for (const page of [2, 3, 10, 11, 12, 200])
      expect((await one.machines.mine(page)).map(({ name }) => name)).toHaveLength(11);
  });

  test("that shifts while it is read is read again", async () => {
    const { fake, one } = await start();
    for (let index = 0; index < 6; index += 1) await one.machines.allocate({ ...template, NAME: `vm${index}` }, true);
    const before = fake.script.calls.length;
    const first = fake.world.vms.get(0);
    const reading = one.machines.mine(3);
    await expect.poll(() => fake.script.calls.length, { interval: 1 }).toBeGreaterThan(before);
    if (first !== undefined) first.state = 6;
    expect((await reading).map(({ name }) => name).filter((name) => name !== "vm0")).toEqual([
      "vm1",
      "vm2",
      "vm3",
      "vm4",
      "vm5",
    ]);
  });

  test("holds one's own machines alone, with all that was said of them", async () => {
    const { one, place, logIn } = await start();
    await one.machines.allocate({ ...template, NAME: "of-oneadmin", EDGECERT_RUN: "r1" }, true);
    expect((await one.machines.mine())[0]?.attributes.get("EDGECERT_RUN")).toBe("r1");
    logIn("x");
    writeFileSync(place.authFile, "engineer:engineer-password\n");
    expect(await openNebula(openNebulaCaller(place), signal()).machines.mine()).toEqual([]);
  });
});
