import { openNebulaProvider } from "../../../../infra/providers/opennebula/provider.ts";

/** A process of its own for the contract test: `list` or `provision`, told by one JSON argument, answering in lines. */
const { home, list, provision } = JSON.parse(process.argv[2] ?? "{}");
const provider = openNebulaProvider({ home, pollMs: 20 });

if (list !== undefined) console.log(JSON.stringify(await provider.list(list)));
if (provision !== undefined) {
  await provider.provision(provision.requests, provision.owner, {
    signal: new AbortController().signal,
    note: () => {},
    ready: (server) => console.log(`ready ${server.name}`),
  });
}
