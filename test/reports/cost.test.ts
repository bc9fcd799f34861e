import { expect, it } from "vitest";
import type { Event, ServerFacts } from "../../pipelines/dsl/event.ts";
import type { CertifiedServer } from "../../reports/certificate-document.ts";
import { costOf } from "../../reports/cost.ts";

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 12, minute)).toISOString();
const facts = { acceleration: "kvm", imageDigest: "0", startMode: "cold", kernel: "6", readyMs: 1 } as const;

function server(name: string, of: Pick<ServerFacts, "provider" | "hostClass">, releasedAt: string | null = at(30)) {
  const place = {
    node: `servers@${of.provider}`,
    scope: {},
    attempt: 1,
    name,
    role: "node",
    os: "debian-12",
    id: name,
  };
  return { ...place, facts: { ...facts, ...of }, readyAt: at(0), releasedAt } satisfies CertifiedServer;
}

function stamped(seq: number, node: string, minute: number): Event {
  const stamp = { v: 1, seq, at: at(minute), run: "r", node, attempt: 1 } as const;
  return { ...stamp, type: "servers.priced", data: { dollarsPerHour: 4 } };
}

const cloud = { provider: "aws", hostClass: "nested" } as const;
const own = { provider: "local", hostClass: "on-premises" } as const;

it("shares the price of a group among its servers, and counts one that was not given back to the end", () => {
  const events = [stamped(1, "servers@aws", 0), stamped(2, "other", 60)];
  expect(costOf(events, [server("a", cloud), server("b", cloud, null)])).toEqual({
    currency: "USD",
    amount: 3,
    known: true,
    items: [{ provider: "aws", what: "2 servers", hours: 1.5, amount: 3 }],
  });
});

it("knows the hours and no price of a machine of one's own, which makes the sum a lower bound", () => {
  const events = [stamped(1, "servers@aws", 0), stamped(2, "servers@local", 0)];
  expect(costOf(events, [server("a", cloud), server("c", own)])).toMatchObject({
    amount: 2,
    known: false,
    items: [{ amount: 2 }, { provider: "local", what: "1 server", hours: 0.5, amount: null }],
  });
});

it("knows no price that nobody said, and nothing without servers", () => {
  expect(costOf([], [server("a", cloud)])).toMatchObject({ amount: 0, known: false });
  expect(costOf([], [])).toBeNull();
});
