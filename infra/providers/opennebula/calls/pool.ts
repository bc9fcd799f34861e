import { openNebulaError } from "../failures.ts";
import { childrenOf, type XmlElement } from "../xml-document.ts";
import { type Ask, numberAt } from "./ask.ts";

/** Whose objects a pool shows. The numbers are OpenNebula's (`RequestManagerPoolInfoFilter.cc`). */
export const whose = { mine: -3, mineAndMyGroups: -1, all: -2 } as const;

/** A pool that is read in pages. */
export interface PagedPool {
  readonly method: string;
  /** Name of an object's element, such as `VM`. */
  readonly element: string;
  readonly filter: (typeof whose)[keyof typeof whose];
  /** What follows the page in the call, such as the state of machines. */
  readonly more: readonly number[];
}

/** Objects in one page: what oned puts together in well under a second. */
const usualPage = 200;

/**
 * Every object of a pool, page after page. A page is asked for by offset, so that objects that come or go meanwhile
 * shift all that follow: pages overlap by one object, and where that is another than before, all is read again. Throws
 * where the pool never holds still for as long as it takes.
 */
export async function readPool(ask: Ask, pool: PagedPool, page = usualPage): Promise<readonly XmlElement[]> {
  for (let turn = 0; turn < 8; turn += 1) {
    const found = await readOnce(ask, pool, page);
    if (found !== undefined) return found;
  }
  throw openNebulaError("opennebula-internal", `${pool.method}: the pool changed each time that it was read.`);
}

async function readOnce(ask: Ask, pool: PagedPool, page: number): Promise<readonly XmlElement[] | undefined> {
  const found: XmlElement[] = [];
  for (;;) {
    const last = found.at(-1);
    const offset = Math.max(0, found.length - 1);
    // Because a negative end means that many objects, and -1 would mean all.
    const document = await ask.document(pool.method, pool.filter, offset, -Math.max(2, page), ...pool.more);
    const objects = childrenOf(document, pool.element);
    if (last === undefined) found.push(...objects);
    else {
      const [first, ...others] = objects;
      if (first === undefined || numberAt(first, "ID") !== numberAt(last, "ID")) return undefined;
      found.push(...others);
    }
    if (objects.length < Math.max(2, page)) return found;
  }
}
