/** A word quoted for a POSIX shell. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Exit code of {@link sendingScript} when there is no such file. */
export const missingFileCode = 66;
/** Exit code of {@link fileScript} when what arrived is not what was sent. */
export const differsCode = 65;
/** What is hashed in one piece: 64 MiB of a file, because starting the programs that do it takes as long as 8 MiB. */
export const blockBytes = 64 * 1024 * 1024;

/**
 * `$work` becomes a private temporary folder that goes with the shell. `digest` reads standard input; openssl is asked
 * first because it uses the processor's instructions for SHA-256, which makes it four times as quick as sha256sum where
 * that does without (measured on Debian 12). `fail` names the free bytes of a path, so that a full disk is told as one.
 */
const prelude = `LC_ALL=C; export LC_ALL
umask 022
work=$(mktemp -d) || exit 70
trap 'rm -rf "$work"' EXIT
trap 'exit 143' TERM HUP INT
if openssl dgst -sha256 -r </dev/null >/dev/null 2>&1
then digest() { first "$(openssl dgst -sha256 -r)"; }
else digest() { first "$(sha256sum)"; }
fi
first() { echo "\${1%% *}"; }
free() { df -B1 --output=avail -- "$1" | tail -n 1; }
fail() { echo "free $(free "$1")" >&2; exit 74; }
piece() { dd if="$1" bs=1M skip="$2" count="$3" iflag=fullblock,skip_bytes,count_bytes status=none; }
`;

/** One file for {@link fileScript}. */
export interface ArrivingFile {
  readonly folder: string;
  readonly name: string;
  /** The same in every attempt at the same content, so that a later one goes on where an earlier one was cut. */
  readonly id: string;
  readonly bytes: number;
  /** Permission bits. */
  readonly mode: number;
  /** Seconds since 1970. */
  readonly modified: number;
}

/**
 * Receives one file: prints `at <bytes>` that are there already, wants the rest and then one line, the sha256 of the
 * lines of the sha256 of each block; only then the file takes its name. Blocks are hashed from the disk, each while the
 * next arrives.
 */
export function fileScript(file: ArrivingFile): string {
  return `${prelude}folder=${quoted(file.folder)}
total=${file.bytes}
mkdir -p -- "$folder" || exit 73
part="$folder/.edgecert-${file.id}.part"
exec 9>>"$part" || exit 73
# Because a part that cannot be finished would go on taking the room that is missing.
gone() { echo "free $(free "$folder")" >&2; rm -f -- "$part"; exit 74; }
flock -w 15 9 || { echo "another transfer writes $part" >&2; exit 75; }
at=$(stat -c %s -- "$part") || exit 74
[ "$at" -le "$total" ] || at=0
[ "$at" -gt 0 ] || truncate -s 0 -- "$part" || exit 74
if [ "$(free "$folder")" -lt $((total - at)) ]; then echo "No space left on device" >&2; gone; fi
echo "at $at"
done=0
: >"$work/sums"
while [ "$done" -lt "$total" ]; do
  count=$((total - done))
  [ "$count" -le ${blockBytes} ] || count=${blockBytes}
  if [ $((done + count)) -gt "$at" ]; then
    dd bs=1M count=$((done + count - at)) iflag=fullblock,count_bytes status=none >&9 || gone
    at=$((done + count))
    [ "$(stat -c %s -- "$part")" = "$at" ] || exit 76
  fi
  wait
  piece "$part" "$done" "$count" | digest >>"$work/sums" &
  done=$((done + count))
done
wait
read -r expected
if [ "$(digest <"$work/sums")" != "$expected" ]; then rm -f -- "$part"; exit ${differsCode}; fi
chmod ${(file.mode & 0o7777).toString(8)} "$part" && touch -d ${quoted(`@${file.modified}`)} -- "$part" || gone
mv -fT -- "$part" "$folder"/${quoted(file.name)} || gone
`;
}

/**
 * Unpacks a tar stream from standard input beside a folder, and prints `stage <path>` of what arrived and `sha256 <of the
 * stream>`. Without {@link settleScript} after it nothing of that is seen under the folder's name.
 */
export function folderScript(folder: string): string {
  return `${prelude}folder=${quoted(folder.replace(/(?<=.)\/+$/, ""))}
if [ -d "$folder" ]; then stage=$(mktemp -d "$folder/.edgecert-XXXXXXXX.part"); else
  mkdir -p -- "$(dirname -- "$folder")" && stage=$(mktemp -d "$folder.edgecert-XXXXXXXX.part")
fi || exit 73
trap 'rm -rf "$work" "$stage"' EXIT
chmod 755 "$stage" && mkfifo "$work/pipe" || exit 70
digest <"$work/pipe" >"$work/sum" &
tee "$work/pipe" | tar -C "$stage" --no-same-owner --no-overwrite-dir -xf - || fail "$stage"
wait
trap 'rm -rf "$work"' EXIT
printf 'stage %s\\nsha256 %s\\n' "$stage" "$(cat "$work/sum")"
`;
}

/**
 * Moves what {@link folderScript} unpacked into the folder: as a whole where there is none, else file by file, each
 * replacing what had its name. Existing folders keep mode and owner.
 */
export function settleScript(stage: string, folder: string): string {
  return `${prelude}stage=${quoted(stage)}
folder=${quoted(folder.replace(/(?<=.)\/+$/, ""))}
merge() (
  find "$1" -mindepth 1 -maxdepth 1 ! -type d -exec mv -f -t "$2" -- {} + || exit 1
  for one in "$1"/*/ "$1"/.[!.]*/ "$1"/..?*/; do
    [ -d "$one" ] || continue
    one=\${one%/}
    if [ -d "$2/\${one##*/}" ]; then merge "$one" "$2/\${one##*/}" || exit 1; else mv -t "$2" -- "$one" || exit 1; fi
  done
)
if [ ! -d "$folder" ]; then mv -T -- "$stage" "$folder" || fail "$stage"; else
  merge "$stage" "$folder" || fail "$folder"
  rm -rf "$stage"
fi
`;
}

/** Which bytes of a file, for {@link sendingScript}. */
export type Window =
  | { readonly most: number | undefined }
  | { readonly start: number; readonly bytes: number; readonly skip: number };

/**
 * Prints a piece of a file, and on standard error first `size <bytes of the file>` and last `sha256 <of the window>`. The
 * window is the last `most` bytes of the file as it is now, or the one of an earlier attempt; what is printed begins
 * `skip` bytes after its start. Both are read from the disk, because a log may grow while it is sent.
 */
export function sendingScript(path: string, window: Window): string {
  const most = "most" in window ? window.most : undefined;
  const fixed = "most" in window ? undefined : window;
  return `file=${quoted(path)}
[ -f "$file" ] || exit ${missingFileCode}
${prelude}size=$(stat -L -c %s -- "$file") || exit 74
echo "size $size" >&2
bytes=${fixed?.bytes ?? (most === undefined ? "$size" : Math.max(0, Math.trunc(most)))}
[ "$size" -gt "$bytes" ] || bytes=$size
start=${fixed?.start ?? "$((size - bytes))"}
piece "$file" "$start" "$bytes" | digest >"$work/sum" &
piece "$file" $((start + ${fixed?.skip ?? 0})) $((bytes - ${fixed?.skip ?? 0})) || exit 74
wait
echo "sha256 $(cat "$work/sum")" >&2
`;
}
