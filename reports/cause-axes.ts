import type { PlanCell } from "../pipelines/dsl/plan-document.ts";

/** Values of one axis that cells of a cause have, and that no cell has which passed. */
export interface AxisValues {
  readonly axis: string;
  readonly values: readonly string[];
}

/**
 * The axis that tells the cells which fail from those that ran the same and passed: all that fail have one of these
 * values, and none that passed. Null where nothing passed, where no axis does so, or where several do: then nobody can
 * say which of them it is.
 */
export function separatingAxis(
  cells: ReadonlyMap<string, PlanCell["values"]>,
  failing: readonly string[],
  passing: readonly string[],
): AxisValues | null {
  if (failing.length === 0 || passing.length === 0) return null;
  const axes = Object.keys(cells.get(failing[0] ?? "") ?? {});
  const on = (axis: string, some: readonly string[]) => [...new Set(some.map((id) => cells.get(id)?.[axis] ?? ""))];
  const separating = axes.flatMap((axis): readonly AxisValues[] => {
    const values = on(axis, failing);
    const passed = new Set(on(axis, passing));
    return values.some((value) => passed.has(value)) ? [] : [{ axis, values }];
  });
  return separating.length === 1 ? (separating[0] ?? null) : null;
}
