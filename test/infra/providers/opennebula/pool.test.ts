import { expect, test } from "vitest";
import type { Ask } from "../../../../infra/providers/opennebula/calls/ask.ts";
import { readPool, whose } from "../../../../infra/providers/opennebula/calls/pool.ts";
import { parseXml, textAt } from "../../../../infra/providers/opennebula/xml-document.ts";

const pool = { method: "one.vmpool.info", element: "VM", filter: whose.mine, more: [-1] };

/** A pool of numbers that somebody changes before each page but the first. */
function changing(numbers: number[], change: (page: number) => void) {
  let page = 0;
  const ask: Ask = {
    id: () => Promise.reject(new Error("only read")),
    word: () => Promise.reject(new Error("only read")),
    document: async (_method, _filter, offset, end) => {
      if (page > 0) change(page);
      page += 1;
      const shown = numbers.slice(Number(offset), Number(offset) - Number(end));
      return parseXml(`<VM_POOL>${shown.map((id) => `<VM><ID>${id}</ID></VM>`).join("")}</VM_POOL>`);
    },
  };
  return { ask, pages: () => page };
}

const idsOf = async (ask: Ask, size: number) =>
  (await readPool(ask, pool, size)).map((one) => Number(textAt(one, "ID")));

test.each([0, 1, 2, 3, 4, 5, 6, 7, 20])("%i objects are read once each, whatever the page", async (count) => {
  const numbers = Array.from({ length: count }, (_, index) => index * 3);
  for (const size of [1, 2, 3, 4, 5, 200]) expect(await idsOf(changing(numbers, () => {}).ask, size)).toEqual(numbers);
});

test("an object that goes while a later page is read hides no other", async () => {
  const numbers = [0, 1, 2, 3, 4, 5, 6, 7];
  const { ask } = changing(numbers, (page) => page === 1 && numbers.shift());
  expect(await idsOf(ask, 3)).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test("objects that come at the front, where the newest stand first, hide no other", async () => {
  const numbers = [7, 6, 5, 4, 3];
  const { ask } = changing(numbers, (page) => page < 3 && numbers.unshift(8 + page));
  expect(await idsOf(ask, 3)).toEqual([10, 9, 7, 6, 5, 4, 3]);
});

test("a pool that never holds still is a failure, not a guess", async () => {
  const numbers = Array.from({ length: 200 }, (_, index) => index);
  const { ask, pages } = changing(numbers, () => numbers.shift());
  await expect(readPool(ask, pool, 3)).rejects.toMatchObject({ failure: { reason: "opennebula-internal" } });
  expect(pages()).toBeLessThan(20);
});
