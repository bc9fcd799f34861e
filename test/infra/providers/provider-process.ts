import { localProvider } from "../../../infra/providers/local/provider.ts";
import { simulatorProvider } from "../../../infra/providers/simulator/provider.ts";

/** A process of its own for the contract test: `list` or `provision`, told by one JSON argument, answering in lines. */
const { home, list, provision, scripted } = JSON.parse(process.argv[2] ?? "{}");
const provider = scripted === true ? simulatorProvider({ home }) : localProvider({ home, bootSlots: 1 });

if (list !== undefined) console.log(JSON.stringify(await provider.list(list)));
if (provision !== undefined) {
  await provider.provision(provision.requests, provision.owner, {
    signal: new AbortController().signal,
    note: () => {},
    ready: (server) => console.log(`ready ${server.name}`),
  });
}
