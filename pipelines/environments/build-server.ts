import type { ServerRequest } from "../dsl/request.ts";

/** One small server that builds Debian packages for an operating system; nothing is ever tested on it. */
export function buildServer(os: string): ServerRequest[] {
  return [
    {
      name: "builder",
      role: "build",
      os,
      cores: 1,
      memoryMiB: 1024,
      packages: ["dpkg-dev", "python3"],
      nestedKvm: false,
    },
  ];
}
