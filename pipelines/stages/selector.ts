import type { OnlyTest, ResultFormat } from "../dsl/request.ts";

/**
 * How frameworks select one test, as a suite's command finds it in EDGECERT_ONLY_TEST:
 *
 * | Format | Form | Understood by |
 * |---|---|---|
 * | unittest | `module.Class.method` | `--only` of our runner |
 * | rspec-lines, rspec-json | `^full description$`, quoted for a regular expression | `--example-matches` |
 * | go-test-json | `^Test$/^sub$`, quoted for a regular expression | `-test.run` |
 * | junit-xml | `package.Class#method` | `--select-method` of JUnit's console |
 * | tap | the name itself | nobody in general |
 */
export function selectorOf(format: ResultFormat, test: OnlyTest): string {
  switch (format) {
    case "unittest":
      return test.class === "" ? test.name : `${test.class}.${test.name}`;
    case "rspec-lines":
    case "rspec-json":
      return `^${quotedPattern([test.class, test.name].filter((part) => part !== "").join(" "))}$`;
    case "go-test-json":
      return test.name
        .split("/")
        .map((part) => `^${quotedPattern(part)}$`)
        .join("/");
    case "junit-xml":
      return `${test.class}#${test.name.replace(/\(.*$/s, "")}`;
    case "tap":
      return test.name;
  }
}

function quotedPattern(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&");
}
