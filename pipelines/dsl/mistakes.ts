import { type Definition, needsOf, type Reach } from "./definition.ts";
import { isName, longestName } from "./identifier.ts";
import { listed, type MatrixReading, repeated } from "./matrix.ts";
import { type Grid, nodesOf } from "./nodes.ts";
import type { Problem } from "./plan-error.ts";
import { policyProblems } from "./policies.ts";
import type { SecretSource } from "./secret.ts";
import { reservedNeeds, type StageDefinition } from "./stage.ts";
import { didYouMean } from "./suggestion.ts";

/** Every mistake of a definition that can be told without parameters. */
export function definitionProblems(written: Definition, matrix: MatrixReading, reached: Reach): Problem[] {
  const names = written.stages.map((stage) => stage.name);
  const grid = { axes: matrix.axes, cells: written.matrix === undefined ? [{ id: "", values: {} }] : matrix.cells };
  return [
    ...badName("pipeline", written.name),
    ...matrix.problems,
    ...repeated(names).map(duplicate),
    ...names.flatMap((name) => badName("stage", name)),
    ...policyProblems(`the policies of ${written.name}`, written.policies, true),
    ...written.stages.flatMap((stage) => stageProblems(stage, written, grid)),
    ...foreignGoals(written),
    ...reached.rings.map(ring),
    ...Object.entries(written.secrets).flatMap(([name, source]) => secretProblems(name, source)),
    ...Object.keys(written.sources).flatMap((name) => badName("source", name)),
  ];
}

function stageProblems(stage: StageDefinition, written: Definition, grid: Grid): Problem[] {
  const axes = axisProblems(stage, grid);
  return [
    ...policyProblems(stage.name, stage.policies, stage.body?.undo !== undefined),
    ...axes,
    ...(axes.length === 0 ? noCell(stage, grid) : []),
    ...needsOf(stage).flatMap((need) => needProblems(stage, need, written)),
  ];
}

function badName(what: string, name: string): Problem[] {
  if (isName(name)) return [];
  const next = `Use small letters and digits with single - between them, a letter first, ${longestName} characters at most.`;
  return [
    { title: `Bad name of a ${what}`, detail: `${JSON.stringify(name)} cannot become a file, tag or host name.`, next },
  ];
}

function duplicate(name: string): Problem {
  return {
    title: "Two stages with one name",
    detail: `${JSON.stringify(name)} is declared more than once.`,
    next: "Call one of them after what it produces.",
  };
}

function axisProblems(stage: StageDefinition, grid: Grid): Problem[] {
  const names = grid.axes.map((axis) => axis.name);
  const unknown = [...(stage.per ?? []), ...Object.keys(stage.where)].filter((axis) => !names.includes(axis));
  const values = Object.entries(stage.where).flatMap(([axis, wanted]) => {
    const known = grid.axes.find((candidate) => candidate.name === axis)?.values;
    return known === undefined
      ? []
      : listed(wanted)
          .filter((value) => !known.includes(value))
          .map((value) => ({ axis, value, known }));
  });
  return [
    ...unknown.map((axis) => ({
      title: `Unknown axis in ${stage.name}`,
      detail: `no cell has the axis ${JSON.stringify(axis)}.`,
      next: didYouMean(axis, names),
    })),
    ...values.map(({ axis, value, known }) => ({
      title: `Unknown value in where of ${stage.name}`,
      detail: `no cell has ${JSON.stringify(value)} on the axis ${axis}.`,
      next: didYouMean(value, known),
    })),
    ...missingAxes(stage, grid),
  ];
}

function missingAxes(stage: StageDefinition, grid: Grid): Problem[] {
  const known = (stage.per ?? []).filter((axis) => grid.axes.some((candidate) => candidate.name === axis));
  const all = nodesOf({ ...stage, per: null }, grid);
  return known.flatMap((axis) => {
    const without = all.find((node) => node.cell[axis] === undefined);
    if (without === undefined || stage.per?.length === 0) return [];
    return [
      {
        title: `An axis of ${stage.name} is not on every cell`,
        detail: `per names ${JSON.stringify(axis)}, which the cell ${Object.values(without.cell).join("/")} lacks.`,
        next: "Narrow the stage with where to the cells that have the axis.",
      },
    ];
  });
}

function noCell(stage: StageDefinition, grid: Grid): Problem[] {
  if (grid.cells.length === 0 || nodesOf(stage, grid).length > 0) return [];
  return [
    {
      title: `${stage.name} matches no cell`,
      detail: `where is ${JSON.stringify(stage.where)}, and the cells are ${grid.cells.map((cell) => cell.id).join(", ")}.`,
      next: "Name values that stand together in one cell.",
    },
  ];
}

function needProblems(
  stage: StageDefinition,
  need: ReturnType<typeof needsOf>[number],
  written: Definition,
): Problem[] {
  const title = `Bad need ${JSON.stringify(need.name)} of ${stage.name}`;
  if (reservedNeeds.some((reserved) => reserved === need.name)) {
    const next = "Call the need something else.";
    return [{ title, detail: `${reservedNeeds.join(", ")} are names that every input already has.`, next }];
  }
  if (need.stage === null) {
    const next = "Give it a value that stage, once or approval returned; two files must not import each other.";
    return [{ title, detail: "its value is not a stage.", next }];
  }
  if (written.stages.includes(need.stage)) return [];
  const next = "Declare the stage with the words of this definition.";
  return [{ title, detail: `${need.stage.name} belongs to another definition.`, next }];
}

function foreignGoals(written: Definition): Problem[] {
  const next = "Pass pipeline a list of stages of its own definition.";
  if (written.goals.length === 0) return [{ title: "No goal", detail: `${written.name} aims at no stage.`, next }];
  return written.goals
    .filter((goal) => !written.stages.includes(goal))
    .map((goal) => ({ title: "A goal of another definition", detail: `${goal.name} was declared elsewhere.`, next }));
}

function ring(names: readonly string[]): Problem {
  return {
    title: "Stages that need each other",
    detail: `${names.join(" -> ")}.`,
    next: "Take one of these needs away: what two stages share belongs into a third.",
  };
}

function secretProblems(name: string, source: SecretSource): Problem[] {
  const given = Object.entries(source);
  const [kind, value] = given[0] ?? [];
  const words: readonly unknown[] = Array.isArray(value) ? value : [value];
  const full = words.length > 0 && words.every((word) => typeof word === "string" && word.trim() !== "");
  const right = given.length === 1 && ["env", "file", "command"].includes(kind ?? "") && full;
  const wrong = right ? [] : [emptySource(name, source)];
  return [...badName("secret", name), ...wrong];
}

function emptySource(name: string, source: SecretSource): Problem {
  return {
    title: `The secret ${name} has no source`,
    detail: `${JSON.stringify(source)} does not say where its text is read.`,
    next: 'Write one of { env: "NAME" }, { file: "path" } and { command: ["program", "argument"] }.',
  };
}
