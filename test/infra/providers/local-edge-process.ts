import { localEdgeProvider } from "../../../infra/providers/local-edge/provider.ts";

/** `local-edge-process.ts HOME list RUN` prints resources; `... provision REQUEST OWNER` is killed by its own first host. */
const [home = "", verb, ...words] = process.argv.slice(2);
const provider = localEdgeProvider({ home });
const [first = "", second = ""] = words;

if (verb === "list") console.log(JSON.stringify(await provider.list({ run: first })));
else {
  const signal = AbortSignal.timeout(800_000);
  const die = () => process.kill(process.pid, "SIGKILL");
  await provider.provision(JSON.parse(first), JSON.parse(second), {
    signal,
    note: () => {},
    step: ({ operation, state }) => void (operation === "answer" && state === "started" && die()),
  });
}
