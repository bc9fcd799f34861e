import type { Event } from "../../dsl/event.ts";
import type { CiPlace } from "../ci/place.ts";
import { liveScreen } from "./live-screen.ts";
import type { Outlook } from "./outlook.ts";
import { failureTail, plainLine } from "./plain-log.ts";
import type { Progress } from "./progress.ts";
import { progressLines } from "./progress-json.ts";

/** Words that choose how a run is shown. */
export interface ShowChoice {
  readonly verbose?: boolean;
  readonly progress?: "live" | "plain" | "json" | "none";
  /** The same as the progress `plain`. */
  readonly plain?: boolean;
  /** Events on standard output in place of progress. */
  readonly json?: boolean;
  /** The CI that results are told to; default: found by the environment. */
  readonly ci?: CiPlace | "auto";
}

/** Shows the events of a run as they come. */
export interface RunView {
  /** What a program reads on standard output: then everything for people goes to standard error. */
  readonly forPrograms: boolean;
  show(event: Event): void;
  close(): void;
}

/** What is known of the place that a run is shown at. */
export interface Surroundings {
  readonly terminal: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** How a run is shown: as it was chosen, but nothing moves where there is no terminal that can, nor in a CI. */
export function shownAs(choice: ShowChoice, { terminal, environment }: Surroundings): "events" | Chosen {
  if (choice.json === true) return "events";
  const { TERM, CI } = environment;
  const moves = terminal && TERM !== undefined && TERM !== "" && TERM !== "dumb";
  const usual = moves && (CI === undefined || CI === "" || CI === "false") ? "live" : "plain";
  const chosen = choice.progress ?? (choice.plain === true ? "plain" : usual);
  return chosen === "live" && !moves ? "plain" : chosen;
}

type Chosen = NonNullable<ShowChoice["progress"]>;

/** The view of a run for a choice. */
export function runView(choice: ShowChoice, progress: Progress, outlook: Outlook): RunView {
  const { stdout, env } = process;
  switch (shownAs(choice, { terminal: stdout.isTTY === true, environment: env })) {
    case "events":
      return { forPrograms: true, show: (event) => stdout.write(`${JSON.stringify(event)}\n`), close() {} };
    case "json":
      return progressLines(progress, outlook, (line) => stdout.write(line));
    case "plain":
      return plainView(progress, choice.verbose === true);
    case "none":
      return { forPrograms: false, show() {}, close() {} };
    case "live":
      return liveScreen({ progress, outlook, verbose: choice.verbose === true, stream: stdout });
  }
}

function plainView(progress: Progress, verbose: boolean): RunView {
  return {
    forPrograms: false,
    show(event) {
      const line = plainLine(event, verbose);
      if (line !== null) console.log(line);
      if (!verbose) for (const text of failureTail(event, progress)) console.log(text);
    },
    close() {},
  };
}
