import { describe, expect, it } from "vitest";
import { UsageError } from "../../../pipelines/cli/exit.ts";
import { chooseServer, fullName, type LiveServer, liveServers } from "../../../pipelines/cli/server-choice.ts";
import type { Event, EventBody, LoginAddress } from "../../../pipelines/dsl/event.ts";
import { node, plan } from "../../fixtures/reports/plan.ts";

const ssh: LoginAddress = {
  host: "127.0.0.1",
  port: 1,
  user: "root",
  privateKeyPath: "/key",
  hostKey: "ssh-ed25519 A",
};
const facts = { provider: "local", hostClass: "on-premises", acceleration: "tcg", imageDigest: "" } as const;

function server(cell: string, name: string, role: string): LiveServer {
  return { node: `servers@${cell}`, attempt: 1, cell, name, role, ssh };
}

const servers = [
  server("debian-12/kvm-ssh", "frontend", "frontend"),
  server("debian-12/kvm-ssh", "node1", "node"),
  server("debian-12/kvm-ssh", "node2", "node"),
  server("debian-12", "build", "build"),
  server("", "mirror", "mirror"),
];

function refusal(named: string, among = servers): string {
  try {
    return fullName(chooseServer("run-1", among, named));
  } catch (error) {
    return error instanceof UsageError ? `${error.failure.title}: ${error.failure.next}` : String(error);
  }
}

describe("a server is chosen", () => {
  it.each([
    ["debian-12/kvm-ssh/frontend", "debian-12/kvm-ssh/frontend"],
    ["debian-12/kvm-ssh/node2", "debian-12/kvm-ssh/node2"],
    ["debian-12", "debian-12/build"],
    ["debian-12/build", "debian-12/build"],
    ["mirror", "mirror"],
  ])("by cell, role or host name: %s", (named, found) => {
    expect(refusal(named)).toBe(found);
  });

  it("never for another: several, none and nearly right are told", () => {
    expect(refusal("debian-12/kvm-ssh/node")).toBe(
      "Several servers are meant: choose one of debian-12/kvm-ssh/node1, debian-12/kvm-ssh/node2",
    );
    expect(refusal("debian-12/kvm-ssh")).toContain("choose one of debian-12/kvm-ssh/frontend, ");
    expect(refusal("debian-12/kvm-shs/frontend")).toBe("No such server: did you mean debian-12/kvm-ssh/frontend?");
    expect(refusal("solaris")).toContain("run-1 has debian-12/kvm-ssh/frontend, ");
    expect(refusal("debian-12", [])).toBe("No server of this run answers: see: edgecert status run-1");
  });
});

describe("the servers that answer", () => {
  const cell = { os: "debian-12", environment: "kvm-ssh" };
  const graph = { ...plan, nodes: [node("servers@debian-12/kvm-ssh", { cell })] };
  const told = (bodies: readonly [EventBody, number][]): readonly Event[] =>
    bodies.map(([body, attempt], index) => ({
      ...{ ...body, v: 1, seq: index + 1, at: "2026-01-01T00:00:00.000Z", run: "run-1" },
      ...{ node: "servers@debian-12/kvm-ssh", attempt },
    }));
  const ready = (id: string, login: LoginAddress | null = ssh): EventBody => ({
    type: "server.ready",
    data: {
      ...{ server: id.slice(0, 5), os: "debian-12", role: "node", id },
      facts: { ...facts, startMode: "cold", kernel: "6.1", readyMs: 1 },
      ...(login === null ? {} : { ssh: login }),
    },
  });

  it("are ready, not given back, and still listed by the provider", () => {
    const events = told([
      [ready("node1-1"), 1],
      [ready("node2-1"), 1],
      [ready("node3-1"), 1],
      [ready("node4-1", null), 1],
      [{ type: "server.released", data: { server: "node2", id: "node2-1" } }, 1],
      [ready("node1-2"), 2],
    ]);
    const live = liveServers(graph, events, new Set(["node1-2", "node2-1", "node4-1"]));
    expect(live).toEqual([
      {
        ...{ node: "servers@debian-12/kvm-ssh", attempt: 2, cell: "debian-12/kvm-ssh", name: "node1", role: "node" },
        ssh,
      },
    ]);
  });
});
