import { z } from "zod";
import { cells, define, every, type Pipeline } from "../../../pipelines/dsl/index.ts";

/**
 * The definition of most plan tests, in the shape of a real one:
 *
 *     source --+--> builders@os --> packages@os --+--> results@os/environment --> release --> publish
 *              +--> servers@os/environment -------+
 */
export function nightly(): Pipeline {
  const { stage, once, approval, pipeline } = define("nightly", {
    params: z.object({ ref: z.string().default("main") }),
    matrix: cells(
      { os: ["debian-12", "debian-13"], environment: "kvm-ssh" },
      { os: "debian-12", environment: "microvm-ssh" },
    ).hole({ os: "debian-13", environment: "microvm-ssh" }, "microvm guests need Debian 12"),
    secrets: { "signing-key": { env: "SIGNING_KEY" } },
    sources: { product: { url: "./product", ref: ({ params }) => params.ref } },
    policies: { retry: { transient: 2 } },
  });
  const source = once("source", { timeout: "10m", run: async ({ sources }) => ({ ref: sources.product.ref }) });
  const builders = stage("builders", {
    per: ["os"],
    needs: { source },
    servers: ({ cell }) => [
      {
        name: "build",
        role: "build",
        os: cell.os,
        cores: 1,
        memoryMiB: 1024,
        packages: ["dpkg-dev"],
        nestedKvm: false,
      },
    ],
    run: async ({ cell }) => ({ id: `vm-${cell.os}` }),
    undo: async () => {},
  });
  const packages = stage("packages", {
    per: ["os"],
    needs: { source, builders },
    run: async ({ builders: { id } }) => ({ builtOn: id }),
  });
  const servers = stage("servers", {
    needs: { source },
    servers: ({ cell }) =>
      ["frontend", "node1"].map((name) => ({
        name,
        role: name === "node1" ? "node" : name,
        os: cell.os,
        cores: name === "node1" ? 2 : 1,
        memoryMiB: 768,
        packages: [],
        nestedKvm: name === "node1",
      })),
    keep: "on-failure",
    run: async () => ({ up: true }),
    undo: async () => {},
  });
  const results = stage("results", {
    needs: { servers, packages },
    suites: () => [
      { name: "unit", format: "unittest" },
      { name: "system", format: "rspec-json" },
    ],
    timeout: "2h",
    stall: "10m",
    run: async () => {},
  });
  const release = approval("release", { needs: { results: every(results) }, expires: "7d" });
  const publish = once("publish", {
    needs: { release, packages: every(packages) },
    run: async ({ packages: built }) => ({ count: built.length }),
  });
  return pipeline([publish]);
}
