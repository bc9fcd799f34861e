import { configureHost } from "../../../../infra/hosts/kvm/configure.ts";
import { connect } from "../../../../infra/ssh/connect.ts";

/** Configures one Debian 12 host until it is killed, and prints each step: `ADDRESS REQUEST` as JSON in its arguments. */
const [address = "", request = ""] = process.argv.slice(2);
const connection = await connect(JSON.parse(address));
const expected = { os: "debian-12", architecture: "amd64" } as const;
await configureHost(
  connection,
  { expected, request: JSON.parse(request) },
  {
    signal: AbortSignal.timeout(600_000),
    note: () => {},
    step: ({ step, state }) => console.log(`${step} ${state}`),
  },
);
