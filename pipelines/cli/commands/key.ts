import { Command } from "commander";

/** `edgecert key`: the public key that verifies what is certified here. */
export function keyCommand(): Command {
  return new Command("key")
    .description("print the public key that verifies attestations made here; it is made on first use")
    .option("--json", "print the key with its id as one line of JSON")
    .addHelpText(
      "after",
      "\nEDGECERT_SIGNING_KEY names another private key: a PEM file, or command: and a command that prints one.",
    )
    .action(async ({ json }: { readonly json?: boolean }) => {
      const { homeFolder } = await import("../home.ts");
      const { signingKey } = await import("../signing-key.ts");
      const { signer, publicKey, from } = await signingKey(homeFolder());
      const pem = String(publicKey.export({ type: "spki", format: "pem" }));
      if (json === true) process.stdout.write(`${JSON.stringify({ keyId: signer.keyId, publicKey: pem, from })}\n`);
      else process.stdout.write(pem);
    });
}
