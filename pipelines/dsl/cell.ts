/** One block of a matrix: the product of its axes, each with one value or several. */
export type Block = { readonly [axis: string]: string | readonly string[] };

/** The union of cells that blocks stand for: one member per block, discriminated by the values of its axes. */
export type CellOf<Blocks> = Blocks extends unknown
  ? { readonly [Axis in keyof Blocks]: Scalar<Blocks[Axis]> & string }
  : never;

/** Every axis that some cell has. */
export type AxisOf<Cell> = Cell extends unknown ? keyof Cell & string : never;

/** Every value that an axis has in some cell. */
export type ValueOf<Cell, Axis> = Cell extends unknown ? (Axis extends keyof Cell ? Cell[Axis] : never) : never;

/** What `where` takes: axes and values that exist, each one value or several. */
export type WhereOf<Cell> = {
  readonly [Axis in AxisOf<Cell>]?: ValueOf<Cell, Axis> | readonly ValueOf<Cell, Axis>[];
};

/** The cells that have the axes and values of `Where`, with those axes narrowed to these values. */
export type Narrow<Cell, Where> = Cell extends unknown
  ? keyof Where extends keyof Cell
    ? Possible<{
        readonly [Axis in keyof Cell]: Axis extends keyof Where ? Cell[Axis] & Scalar<Where[Axis]> : Cell[Axis];
      }>
    : never
  : never;

/** The cells with only some axes. */
export type Project<Cell, Axes> = Cell extends unknown
  ? { readonly [Axis in keyof Cell as Axis extends Axes ? Axis : never]: Cell[Axis] }
  : never;

/**
 * Whether some cell of `Need` that agrees with a cell of `User` on what both have also has an axis that the user
 * lacks: then the user's cell does not tell which instance is meant.
 */
export type IsFiner<Need, User> = true extends FinerPair<Need, User> ? true : false;

type FinerPair<Need, User> = Need extends unknown
  ? User extends unknown
    ? keyof Need extends keyof User
      ? false
      : [Agreed<Need, User>] extends [never]
        ? false
        : true
    : never
  : never;

type Agreed<Need, User> = Possible<{ readonly [Axis in keyof Need & keyof User]: Need[Axis] & User[Axis] }>;

type Scalar<Values> = Values extends readonly (infer Value)[] ? Value : Values;

// Because an object with a property of type never still counts as a member of a union.
type Possible<Cell> = true extends { [Axis in keyof Cell]: [Cell[Axis]] extends [never] ? true : false }[keyof Cell]
  ? never
  : Cell;
