/** A word quoted for a POSIX shell. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * `$work` becomes a private temporary folder that goes with the shell. The digest of a stream is taken through a named
 * pipe, because the streams are too large to be kept and a POSIX shell has no process substitution.
 */
const prelude = `umask 022
work=$(mktemp -d) || exit 70
trap 'rm -rf "$work"' EXIT
trap 'exit 143' TERM HUP INT
mkfifo "$work/pipe" || exit 70
sha256sum <"$work/pipe" >"$work/sum" &
`;

/** Exit code of {@link sendingScript} when there is no such file. */
export const missingFileCode = 66;

/** Unpacks a tar stream from standard input into a folder and prints the stream's sha256. Existing folders keep mode and owner. */
export function receivingScript(folder: string): string {
  return `mkdir -p -- ${quoted(folder)} || exit 73
${prelude}tee "$work/pipe" | tar -C ${quoted(folder)} --no-same-owner --no-overwrite-dir -xf - || exit 74
wait
cut -d ' ' -f 1 "$work/sum"
`;
}

/** Prints a file, at most its last `maxBytes`, and on standard error `<size of the file> <sha256 of what was printed>`. */
export function sendingScript(path: string, maxBytes: number | undefined): string {
  const most = maxBytes === undefined ? "$size" : String(Math.max(0, Math.trunc(maxBytes)));
  // Because a log may grow while it is sent: both ends of the window are fixed by its size now.
  return `file=${quoted(path)}
[ -f "$file" ] || exit ${missingFileCode}
size=$(stat -L -c %s -- "$file") || exit 74
most=${most}
[ "$size" -gt "$most" ] || most=$size
${prelude}tail -c "+$((size - most + 1))" -- "$file" | head -c "$most" | tee "$work/pipe" || exit 74
wait
printf '%s %s\\n' "$size" "$(cut -d ' ' -f 1 "$work/sum")" >&2
`;
}
