import { localEdgeProvider } from "../../../infra/providers/local-edge/provider.ts";
import { pulumiClusters } from "../../../infra/providers/pulumi/clusters.ts";

/**
 * `cluster-process.ts PLACE HOME list RUN` prints resources; `... provision REQUEST OWNER` dies as soon as something was
 * created. PLACE is `local-edge` or `aws`.
 */
const [place = "", home = "", verb, first = "", second = ""] = process.argv.slice(2);
const provider = place === "aws" ? pulumiClusters({ home, provider: place }) : localEdgeProvider({ home });

if (verb === "list") console.log(JSON.stringify(await provider.list({ run: first })));
else {
  const signal = AbortSignal.timeout(800_000);
  await provider.provision(JSON.parse(first), JSON.parse(second), {
    signal,
    note: () => {},
    step: ({ operation, state }) =>
      void (operation === "create" && state === "done" && process.kill(process.pid, "SIGKILL")),
  });
}
