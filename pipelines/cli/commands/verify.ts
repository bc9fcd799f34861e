import { Command, Option } from "commander";
import type { VerifyWords } from "../verifying.ts";

const help = `
The key comes from outside, never from the folder that is verified: ask whoever certifies for the output of edgecert key.
A folder (of a run, or written by report --export json,in-toto) is verified with its certificate and packages; a file of
attestations by itself, and with --packages the packages below a folder: each must be there with its certified bytes, no
link, and nothing of their kind besides. A run's name also compares with what this home's database was told at the seal.
An old certificate stays valid for the packages it was made for: --certificate and --plan pin the one that is meant.
Exit codes: 0 verified, 1 refused, with every reason, 2 wrong usage.`;

/** `edgecert verify`: whether packages are what a trusted key certified, in every planned cell. */
export function verifyCommand(): Command {
  return new Command("verify")
    .description("verify the signed attestations of a certificate, and the packages on disk")
    .argument("<run>", "a folder, a file of attestations, or the name of a run")
    .addOption(new Option("--key <file>", "the public key that is trusted, in PEM form").makeOptionMandatory())
    .option("--packages <folder>", "compare the packages below this folder")
    .option("--certificate <sha256>", "the digest that the certificate must have")
    .option("--plan <sha256>", "the digest that the plan must have")
    .option("--json", "print the findings as one line of JSON")
    .addHelpText("after", help)
    .action(async (named: string, words: VerifyWords) => {
      const { verify } = await import("../verifying.ts");
      const { verifyTarget } = await import("../verify-target.ts");
      process.exitCode = await verify(await verifyTarget(named), words);
    });
}
