import { Option } from "commander";

/** The CIs whose own ways of showing results are used. */
export const ciPlaces = ["github", "gitlab", "jenkins", "none"] as const;

export type CiPlace = (typeof ciPlaces)[number];

/** The option that chooses how results are told to a CI. */
export function ciOption(): Option {
  return new Option("--ci <place>", "tell results the way of a CI: auto finds it by its environment")
    .choices(["auto", ...ciPlaces])
    .default("auto");
}

/** The CI to tell: the chosen one, else that which its own variables say we run in. */
export function ciPlace(
  choice: CiPlace | "auto" | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): CiPlace {
  if (choice !== undefined && choice !== "auto") return choice;
  if (environment.GITHUB_ACTIONS === "true") return "github";
  if (environment.GITLAB_CI === "true") return "gitlab";
  return environment.JENKINS_URL !== undefined && environment.BUILD_NUMBER !== undefined ? "jenkins" : "none";
}
