import { describe, expect, it } from "vitest";
import { killPlan } from "./kill-plan.ts";

const many = Array.from({ length: 500 }, (_, seed) => killPlan(seed));

describe("the kills of a campaign", () => {
  it("follow from the seed alone", () => {
    expect(killPlan(7)).toEqual(killPlan(7));
    expect(new Set(many.map((plan) => JSON.stringify(plan))).size).toBe(many.length);
  });

  it("meet every victim and every part of a run", () => {
    const kills = many.flat();
    expect(new Set(kills.map(({ victim }) => victim))).toEqual(new Set(["process", "database", "both", "server"]));
    for (let tenth = 0; tenth < 10; tenth += 1) {
      expect(kills.some(({ at }) => Math.floor(at * 10) === tenth)).toBe(true);
    }
  });
});
