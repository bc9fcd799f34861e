import { type Command, Option } from "commander";
import { ciOption } from "../ci/place.ts";

/** How a run may be shown while it goes on. */
export const progressKinds = ["live", "plain", "json", "none"] as const;

/** Adds the options that choose how a run is shown: the words of a `ShowChoice`. */
export function withShowOptions(command: Command): Command {
  return command
    .option("-v, --verbose", "every line of output of the work")
    .addOption(
      new Option(
        "--progress <kind>",
        "live (default on a terminal), plain (default elsewhere, and where CI is set), json, none",
      )
        .choices(progressKinds)
        .conflicts(["plain", "json"]),
    )
    .addOption(new Option("--plain", "the same as --progress plain").conflicts("json"))
    .addOption(ciOption())
    .option("--json", "the run's events as JSON lines on standard output, and no progress");
}
