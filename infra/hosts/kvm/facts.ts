import { z } from "zod";

/** What a machine says of itself. Plain JSON. */
export interface HostFacts {
  /** Such as `debian-12` or `almalinux-9`; as the machine names it where nobody has a recipe for it. */
  readonly os: string;
  readonly architecture: string;
  /** `uname -r`. */
  readonly kernel: string;
  /** Another after each boot. */
  readonly bootId: string;
  readonly cores: number;
  readonly memoryMiB: number;
  /** Free on the file system of `/var/lib`. */
  readonly freeMiB: number;
  /** Whether systemd runs the machine. */
  readonly systemd: boolean;
  /** Home of the login. */
  readonly home: string;
  /** Why the machine was quarantined; empty where it was not. */
  readonly quarantine: string;
}

/** Where a quarantined host says why. */
export const quarantineFile = "/var/lib/edgecert/host/quarantine";

/** Shell: `say WORD...` prints a line for us among the lines of others; tabs inside of words become spaces. */
export const sayFunction = `tab=$(printf '\\t')
say() {
  line=edgecert
  for word; do
    case $word in *"$tab"*) word=$(printf %s "$word" | tr '\\t' ' ') ;; esac
    line="$line$tab$word"
  done
  printf '%s\\n' "$line"
}
`;

/** Shell that tells the facts, by {@link sayFunction}. */
export const factsScript = `. /etc/os-release
case $ID in debian) release=$VERSION_ID ;; ubuntu) release=$VERSION_ID ;; *) release=\${VERSION_ID%%.*} ;; esac
read -r kernel </proc/sys/kernel/osrelease
read -r boot </proc/sys/kernel/random/boot_id
cores=0
while read -r word _; do [ "$word" != processor ] || cores=$((cores + 1)); done </proc/cpuinfo
read -r _ memory _ </proc/meminfo
why=
[ ! -e ${quarantineFile} ] || read -r why <${quarantineFile} || :
systemd=false
[ ! -d /run/systemd/system ] || systemd=true
set -- $(df -Pk /var/lib | tail -n 1)
say fact os "$ID-$release"
say fact architecture "$(uname -m)"
say fact kernel "$kernel"
say fact bootId "$boot"
say fact cores "$cores"
say fact memoryMiB "$((memory / 1024))"
say fact freeMiB "$(($4 / 1024))"
say fact systemd "$systemd"
say fact home "\${login_home:-$HOME}"
say fact quarantine "$why"
`;

const whole = z.string().regex(/^\d+$/).transform(Number);

const facts = z.object({
  os: z.string().regex(/^[a-z0-9._-]+$/),
  architecture: z.string().transform((name) => ({ x86_64: "amd64", aarch64: "arm64" })[name] ?? name),
  kernel: z.string(),
  bootId: z.string(),
  cores: whole,
  memoryMiB: whole,
  freeMiB: whole,
  systemd: z.enum(["true", "false"]).transform((word) => word === "true"),
  home: z.string(),
  quarantine: z.string(),
});

/** One line that the host said to us, cut into its words. */
export type Said = readonly string[];

/** The words of a line by {@link sayFunction}; undefined for a line of anything else. Pure. */
export function saidIn(line: string): Said | undefined {
  const [mark, ...words] = line.split("\t");
  return mark === "edgecert" ? words : undefined;
}

/** The facts among what a host said, or what is wrong with them. Pure. */
export function decodeFacts(said: readonly Said[]): HostFacts | { readonly problem: string } {
  const named = said.filter(([kind]) => kind === "fact").map(([, name = "", value = ""]) => [name, value]);
  const decoded = facts.safeParse(Object.fromEntries(named));
  if (decoded.success) return decoded.data;
  return { problem: decoded.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ") };
}
