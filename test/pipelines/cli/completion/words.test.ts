import { Argument, Command, Option } from "commander";
import { describe, expect, it } from "vitest";
import { completionOf, type NameSources } from "../../../../pipelines/cli/completion/words.ts";

const program = new Command("edgecert");
program.addCommand(
  new Command("run")
    .description("certify")
    .argument("[definition]")
    .option("-p, --param <name=value>")
    .option("--only, --cells <pattern>", "only these cells")
    .option("--only-failed <run>")
    .option("--plain")
    .addOption(new Option("--progress <kind>").choices(["live", "plain"]))
    .addOption(new Option("--secret").hideHelp()),
);
program.addCommand(new Command("logs").argument("[run]").argument("[node]").option("-f, --follow"));
program.addCommand(new Command("ssh").argument("<server>").argument("[command...]").option("--run <run>"));
program.addCommand(new Command("completion").addArgument(new Argument("<shell>").choices(["bash", "zsh"])));
program.addCommand(new Command("images").addCommand(new Command("build").argument("<system>")));
program.addCommand(new Command("complete"), { hidden: true });

const names: NameSources = {
  runs: () => ["2026-brave-otter", "2026-amber-lynx"],
  nodes: (run) => (run === "2026-brave-otter" ? ["source", "packages@debian-12"] : []),
  servers: () => ["debian-12/kvm-ssh/frontend"],
  planned: (definition) =>
    definition === "nightly.ts"
      ? {
          cells: ["debian-12/kvm-ssh", "debian-13/kvm-ssh"],
          axes: [{ name: "os", values: ["debian-12", "debian-13"] }],
          params: ["ref", "demonstrate"],
        }
      : { cells: [], axes: [], params: [] },
};

describe("the completion of words", () => {
  it.each<[string, readonly string[]]>([
    ["", ["run", "logs", "ssh", "completion", "images", "help"]],
    ["ru", ["run"]],
    ["run --pl", ["--plain"]],
    ["run --p", ["--param", "--plain", "--progress"]],
    ["run --sec", []],
    ["run --progress ", ["live", "plain"]],
    ["run --progress=p", ["--progress=plain"]],
    ["run --only-failed 2026-a", ["2026-amber-lynx"]],
    ["run nightly.ts --cells debian-13", ["debian-13/kvm-ssh"]],
    ["run nightly.ts --only os=", ["os=debian-12", "os=debian-13"]],
    [
      "run nightly.ts --cells=os=debian-12,o",
      ["--cells=os=debian-12,os=debian-12", "--cells=os=debian-12,os=debian-13"],
    ],
    ["run nightly.ts -p de", ["demonstrate="]],
    ["run other.ts --cells ", []],
    ["run --plain nightly.ts --cells debian-12", ["debian-12/kvm-ssh"]],
    ["logs 2026-b", ["2026-brave-otter"]],
    ["logs 2026-brave-otter ", ["source", "packages@debian-12"]],
    ["logs --follow 2026-brave-otter pack", ["packages@debian-12"]],
    ["logs 2026-brave-otter source ", []],
    ["ssh d", ["debian-12/kvm-ssh/frontend"]],
    ["ssh --run ", ["2026-brave-otter", "2026-amber-lynx"]],
    ["completion z", ["zsh"]],
    ["images ", ["build", "help"]],
    ["images build --h", ["--help"]],
    ["nonsense ", []],
  ])("%j", (line, values) => {
    const { candidates, files } = completionOf(program, line.split(" "), names);
    expect(candidates.map(({ value }) => value)).toEqual(values);
    expect(files).toBe(false);
  });

  it("names files where a definition stands, and what comes behind --", () => {
    expect(completionOf(program, ["run", "night"], names)).toEqual({ candidates: [], files: true });
    expect(completionOf(program, ["ssh", "debian-12", "--", "--ls"], names).files).toBe(true);
  });

  it("describes commands and options", () => {
    expect(completionOf(program, ["ru"], names).candidates).toEqual([{ value: "run", about: "certify" }]);
    expect(completionOf(program, ["run", "--ce"], names).candidates).toEqual([
      { value: "--cells", about: "only these cells" },
    ]);
  });
});
