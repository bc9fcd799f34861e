/** One file of an archive. Folders on the way are made by whoever unpacks it. */
export interface ArchiveFile {
  /** Relative path, at most 100 bytes. */
  readonly path: string;
  readonly mode: number;
  readonly content: string;
}

const block = 512;

/**
 * A POSIX ustar archive of small text files, owned by root, dated 1970: equal files give equal bytes. Hand-written
 * because a machine's seed must not pass through a staging folder, where its keys would lie about.
 */
export function tarOf(files: readonly ArchiveFile[]): Buffer {
  const parts = files.flatMap((file) => {
    const content = Buffer.from(file.content, "utf8");
    const padding = Buffer.alloc((block - (content.length % block)) % block);
    return [header(file, content.length), content, padding];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

function header(file: ArchiveFile, size: number): Buffer {
  if (Buffer.byteLength(file.path) > 100) throw new RangeError(`the path ${file.path} is longer than 100 bytes`);
  const bytes = Buffer.alloc(block);
  bytes.write(file.path, 0);
  bytes.write(octal(file.mode, 7), 100);
  bytes.write(octal(0, 7), 108);
  bytes.write(octal(0, 7), 116);
  bytes.write(octal(size, 11), 124);
  bytes.write(octal(0, 11), 136);
  // Because the checksum is taken over a header whose own checksum field holds blanks.
  bytes.write("        ", 148);
  bytes.write("0", 156);
  bytes.write("ustar\u000000", 257);
  bytes.write("root", 265);
  bytes.write("root", 297);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${octal(sum, 6)}\0 `, 148);
  return bytes;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}
