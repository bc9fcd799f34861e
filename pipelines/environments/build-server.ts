import type { ServerRequest } from "../dsl/request.ts";
import { type Demonstration, demonstratingBuild } from "./demonstration.ts";

const compilers = ["dpkg-dev", "golang-go", "python3"];
const javaCompiler = ["default-jdk-headless", "junit5", "libgoogle-gson-java"];

/** One small server that builds Debian packages for an operating system; nothing is ever tested on it. */
export function buildServer(os: string): ServerRequest[] {
  return [
    {
      name: "builder",
      role: "build",
      os,
      cores: 1,
      memoryMiB: 1024,
      packages: [...compilers, ...(buildsClient(os) ? javaCompiler : [])],
      nestedKvm: false,
    },
  ];
}

/** How edgeprobe is built for an operating system: its Java client only where an environment tests it. */
export function edgeprobeBuild(
  { os }: { readonly os: string },
  params: { readonly demonstrate: Demonstration },
): { readonly command: string; readonly env: Readonly<Record<string, string>> } {
  const profiles = buildsClient(os) ? "" : "pkg.edgeprobe.noclient";
  const env = { ...demonstratingBuild(params.demonstrate), DEB_BUILD_PROFILES: profiles };
  return { command: 'packaging/build "$EDGECERT_OUT"', env };
}

/** Because the environment with Java exists on Debian 12 only, a compiler of Java elsewhere would be paid for nothing. */
function buildsClient(os: string): boolean {
  return os === "debian-12";
}
