/** What replaces a secret in a message. */
const hidden = "[secret]";

const secretForms: readonly (readonly [form: RegExp, shown: string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, hidden],
  [/\b((?:[A-Z]+_)*(?:SECRET|TOKEN|PASSPHRASE|PASSWORD)(?:_[A-Z]+)*)(\s*[=:]\s*)\S+/g, `$1$2${hidden}`],
  [/\b((?:X-Auth-Token|Authorization)\s*:\s*)(?:Bearer |Basic )?\S+/gi, `$1${hidden}`],
  [/:\/\/[^/\s:@]+:[^/\s@]+@/g, `://${hidden}@`],
  // A thousand characters that only the account's owner can decode; not secret, but it hides what was refused.
  [/(Encoded authorization failure message: )\S{80,}/g, "$1..."],
];

// The engine's colours come as directives of its own where a terminal's codes do not.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the codes of a terminal.
const colours = /<\{%[^%]*%\}>|\u001b\[[0-9;]*m/g;

/**
 * What Pulumi itself said at its end, of all that its client tells (`code: -2 stdout: ... stderr: ... err?: ...`, which
 * says everything twice); a message of another form as it is.
 */
export function endingOf(message: string): string {
  const printed = /^code: -?\d+\n stdout: [\s\S]*?\n stderr: ([\s\S]*?)\n err\?: /.exec(message)?.[1] ?? "";
  const dump = /^Command failed with exit code \d+: .*$/m;
  const said = printed
    .slice(Math.max(0, printed.search(/^error: /m)))
    .replace(dump, "")
    .trim();
  return said === "" ? message : said;
}

/**
 * A message of the engine as one line for people: without colours, its bullets and line ends, and without what looks like a
 * secret. `secrets` are values that must not be shown in any case. Codes and request ids stay.
 */
export function plainMessage(message: string, secrets: readonly string[] = []): string {
  let text = message.replace(colours, "");
  for (const secret of secrets.filter((one) => one.length >= 4)) text = text.replaceAll(secret, hidden);
  for (const [form, shown] of secretForms) text = text.replace(form, shown);
  return text
    .replace(/^\s*(?:error: )?\s*(?:\d+ errors? occurred:)?\s*(?:\* )?/, "")
    .replace(/\s+/g, " ")
    .trim();
}
