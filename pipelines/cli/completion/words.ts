import type { Argument, Command, Option } from "commander";

/** What may stand where the cursor is. */
export interface Candidate {
  readonly value: string;
  /** For shells that show one; may be empty. */
  readonly about: string;
}

/** Candidates, and whether names of files may stand there as well. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  readonly files: boolean;
}

/** Where names come from that no command knows by itself. Each gives an empty list where it knows nothing. */
export interface NameSources {
  /** Newest first. */
  runs(): readonly string[];
  /** Ids of the nodes of a run that were begun. */
  nodes(run: string): readonly string[];
  /** The servers that stand now, as `edgecert ssh` takes them. */
  servers(): readonly string[];
  /** Cells, axes and parameters of a definition when it was last planned. */
  planned(definition: string): PlannedNames;
}

/** Names that a plan has. */
export interface PlannedNames {
  readonly cells: readonly string[];
  readonly axes: readonly { readonly name: string; readonly values: readonly string[] }[];
  readonly params: readonly string[];
}

/** Completes the last of the words that stand behind the program's name; it may be empty. */
export function completionOf(program: Command, words: readonly string[], names: NameSources): Completion {
  const current = words.at(-1) ?? "";
  const at = walk(program, words.slice(0, -1));
  const assigned = /^(--[^=]+)=(.*)$/s.exec(current);
  const option = assigned === null ? at.pending : optionOf(at.command, assigned[1] ?? "");
  if (option !== null) {
    const prefix = assigned === null ? "" : `${assigned[1]}=`;
    return fitting(valuesOf(option, at, assigned?.[2] ?? current, names), current, prefix);
  }
  if (at.ended) return { candidates: [], files: true };
  if (current.startsWith("-")) return fitting({ candidates: optionsOf(at.command), files: false }, current);
  const argument = at.command.registeredArguments[at.operands.length] ?? lastVariadic(at.command);
  const inner = at.operands.length === 0 ? commandsOf(at.command) : [];
  const values = argument === undefined ? nothing : valuesOf(argument, at, current, names);
  return fitting({ ...values, candidates: [...inner, ...values.candidates] }, current);
}

const nothing: Completion = { candidates: [], files: false };

interface Place {
  readonly command: Command;
  readonly operands: readonly string[];
  /** The option whose value comes next. */
  readonly pending: Option | null;
  /** Whether `--` was said: what follows is no option. */
  readonly ended: boolean;
}

function walk(program: Command, words: readonly string[]): Place {
  let place: Place = { command: program, operands: [], pending: null, ended: false };
  for (const word of words) place = step(place, word);
  return place;
}

function step(place: Place, word: string): Place {
  if (place.pending !== null) return { ...place, pending: null };
  if (word === "--") return { ...place, ended: true };
  if (word.startsWith("-") && !place.ended) {
    const option = optionOf(place.command, word);
    return option?.required === true ? { ...place, pending: option } : place;
  }
  const inner = place.operands.length === 0 && place.command.commands.find((one) => one.name() === word);
  if (inner) return { ...place, command: inner, operands: [] };
  return { ...place, operands: [...place.operands, word] };
}

function optionOf(command: Command, word: string): Option | null {
  return command.options.find((option) => option.long === word || option.short === word) ?? null;
}

function lastVariadic({ registeredArguments }: Command): Argument | undefined {
  const last = registeredArguments.at(-1);
  return last?.variadic === true ? last : undefined;
}

function commandsOf(command: Command): readonly Candidate[] {
  const visible = command.createHelp().visibleCommands(command);
  return visible.map((one) => ({ value: one.name(), about: one.description() }));
}

function optionsOf(command: Command): readonly Candidate[] {
  const visible = command.createHelp().visibleOptions(command);
  return visible.map((one) => ({ value: one.long ?? one.short ?? "", about: one.description }));
}

/** What an option or argument takes, by its choices, else by the word that its help calls the value. */
function valuesOf(taker: Option | Argument, at: Place, current: string, names: NameSources): Completion {
  if (taker.argChoices !== undefined) return listed(taker.argChoices);
  const flags = "flags" in taker ? taker.flags : `<${taker.name()}>`;
  const planned = () => names.planned(at.operands[0] ?? "");
  switch (/[<[]([^>\].]+)/.exec(flags)?.[1]) {
    case "run":
      return listed(names.runs());
    case "node":
      return listed(names.nodes(at.operands[0] ?? ""));
    case "server":
      return listed(names.servers());
    case "pattern":
      return listed(patternsOf(planned(), current));
    case "name=value":
      return listed(planned().params.map((name) => `${name}=`));
    case "definition":
    case "file":
    case "folder":
      return { candidates: [], files: true };
    default:
      return nothing;
  }
}

/** Cells, and terms such as `os=debian-12` that may be joined by commas. */
function patternsOf({ cells, axes }: PlannedNames, current: string): readonly string[] {
  const before = current.slice(0, current.lastIndexOf(",") + 1);
  const terms = axes.flatMap(({ name, values }) => values.map((value) => `${before}${name}=${value}`));
  return before === "" ? [...cells, ...terms] : terms;
}

function listed(values: readonly string[]): Completion {
  return { candidates: values.map((value) => ({ value, about: "" })), files: false };
}

function fitting({ candidates, files }: Completion, current: string, prefix = ""): Completion {
  const whole = candidates.map(({ value, about }) => ({ value: `${prefix}${value}`, about }));
  return { candidates: whole.filter(({ value }) => value.startsWith(current)), files };
}
