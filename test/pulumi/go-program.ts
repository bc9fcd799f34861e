import { spawn } from "node:child_process";
import { once } from "node:events";
import { performance } from "node:perf_hooks";

/** A program of a Go module that only the module's proxy has. */
export interface GoProgram {
  /** The go command that builds it. */
  readonly go: string;
  /** Folder with `go.mod` and `go.sum`, which pin everything. */
  readonly module: string;
  /** Import path of the command. */
  readonly command: string;
  /** Words for the linker, such as `-X path.Version=v1`. */
  readonly linker: string;
  /** File to write, absolute. */
  readonly output: string;
}

/** Everything that decides, beside the module files, what the programs are: the vendor's own flags, and no C. */
export const buildFlags = ["-trimpath", "-tags", "osusergo,grpcnotrace"] as const;
const strip = "-w -s";
const settings = { CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=readonly -buildvcs=false" };

const everySeconds = 30;

/** Builds a program beside other work, as the vendor does but without C. Throws with Go's own words and what to do. */
export async function buildGoProgram(program: GoProgram, tell: (text: string) => void): Promise<void> {
  const words = ["-n", "19", program.go, "build", "-v", ...buildFlags, "-ldflags", `${strip} ${program.linker}`];
  const build = spawn("nice", [...words, "-o", program.output, program.command], {
    cwd: program.module,
    env: { ...process.env, ...settings },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const began = performance.now();
  let compiled = 0;
  let said = "";
  build.stderr.setEncoding("utf8").on("data", (text: string) => {
    compiled += text.split("\n").length - 1;
    said = `${said}${text}`.slice(-4000);
  });
  const progress = setInterval(() => {
    const seconds = Math.round((performance.now() - began) / 1000);
    tell(`still building ${program.command}: ${compiled} packages compiled in ${seconds} s`);
  }, everySeconds * 1000);
  const [code] = await once(build, "close").finally(() => clearInterval(progress));
  if (code !== 0) throw new Error(`go build ${program.command} ended with ${code}: ${problem(said)}`);
}

/** Go's last words, with what they mean where modules cannot be fetched. */
function problem(said: string): string {
  const lines = said.trimEnd().split("\n").slice(-8).join("\n");
  const unreachable = /dial tcp|proxyconnect|i\/o timeout|no such host|module lookup disabled|TLS handshake/.test(said);
  const next =
    "The modules come from GOPROXY (see `go env GOPROXY`): check that it can be reached, then run the same again.";
  return unreachable ? `${lines}\n${next}` : lines;
}
