import { printSize } from "../sizes.ts";
import { paint } from "../view/paint.ts";
import type { Pruned, RunsLeft } from "./pruning.ts";

/** How a prune is told: line by line as it goes on, and once at its end. */
export interface PruneReport {
  tell(what: Pruned): void;
  end(left: RunsLeft, maxBytes: number | null): void;
  /** Whether something could not be removed. */
  readonly failed: boolean;
}

/** Writes lines for people, or with `json` one JSON object per line, of which the last is the sum. */
export function pruneReport(
  dryRun: boolean,
  json: boolean,
  write: (line: string) => void = (line) => console.log(line),
): PruneReport {
  const counts = { removed: 0, reduced: 0, failed: 0 };
  let bytes = 0;
  const sum = (left: RunsLeft, maxBytes: number | null) => ({ dryRun, bytes, ...counts, maxBytes, left });
  return {
    tell(what) {
      counts[what.action] += 1;
      bytes += what.bytes;
      write(json ? JSON.stringify(what) : line(what, dryRun));
    },
    end(left, maxBytes) {
      if (json) return write(JSON.stringify(sum(left, maxBytes)));
      const did = dryRun ? "Would free" : "Freed";
      const { removed, reduced, failed } = counts;
      write(
        `${did} ${printSize(bytes)}: ${removed} removed, ${reduced} reduced${failed > 0 ? `, ${failed} failed` : ""}.`,
      );
      for (const words of remarks(left, maxBytes)) write(words);
    },
    get failed() {
      return counts.failed > 0;
    },
  };
}

function line({ kind, name, action, bytes, detail }: Pruned, dryRun: boolean): string {
  const words = { removed: "remove", reduced: "reduce", failed: "failed" } as const;
  const said = (dryRun ? words[action] : action).padEnd(8);
  const size = printSize(bytes).padStart(9);
  return `${action === "failed" ? paint("red", said) : said} ${kind.padEnd(8)} ${size}  ${name}  ${paint("dim", detail)}`.trimEnd();
}

function remarks({ bytes, unknown, database }: RunsLeft, maxBytes: number | null): string[] {
  const over = bytes !== null && maxBytes !== null && bytes > maxBytes;
  return [
    ...(over
      ? [
          `The runs that stay take ${printSize(bytes)}, more than ${printSize(maxBytes)}: they are unfinished, leak, ` +
            "hold machines, are among the newest of their pipeline, or keep only a certificate.",
        ]
      : []),
    ...(unknown.length > 0
      ? [
          `Folders of no known run stay: ${unknown.slice(0, 5).join(", ")}${unknown.length > 5 ? ` and ${unknown.length - 5} more` : ""}.`,
        ]
      : []),
    ...(database === null ? [] : [`The database takes ${printSize(database)}; what was freed in it is used again.`]),
  ];
}
