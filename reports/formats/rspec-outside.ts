import { capped, type ReadTest, textLimits } from "../results.ts";

/** What RSpec calls these itself; their names begin with `An error occurred`. */
const group = "outside of examples";

/**
 * Errors outside of examples (a file that could not be loaded, a hook of a suite or a context) as broken tests, so that
 * they fail the suite and are shown in full: RSpec tells them only as messages, whose first line names the place.
 */
export function errorsOutside(messages: readonly string[], count: number): readonly ReadTest[] {
  const told = messages.filter((message) => message.startsWith("An error occurred")).slice(0, count);
  return told.map((message) => {
    const [name = "", ...rest] = message.split("\n");
    return {
      class: group,
      name: capped(name, textLimits.name),
      params: null,
      status: "error" as const,
      durationMs: null,
      message: capped(rest.join("\n").trim() || name, textLimits.message),
      details: "",
      stdout: "",
      location: null,
    };
  });
}

/** Why a file with errors outside of examples must not be trusted: what could not be loaded hides its examples. */
export function outsideDamage(messages: readonly string[], count: number): string {
  const first = messages.find((message) => /error/i.test(message)) ?? "RSpec says nothing more.";
  return `${count === 1 ? "1 error" : `${count} errors`} happened outside of examples: ${first.split("\n")[0]}`;
}
