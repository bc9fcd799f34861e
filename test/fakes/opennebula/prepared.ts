import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Caller } from "../../../infra/providers/opennebula/caller.ts";
import { openNebulaCaller } from "../../../infra/providers/opennebula/caller.ts";
import { sessionPlace } from "../../../infra/providers/opennebula/session.ts";
import { guestPort, runGuests } from "./guests.ts";
import { type FakeOpenNebula, type FakeOptions, startFakeOpenNebula } from "./server.ts";

/** A fake with what servers are made of, and the environment in which a provider finds it. */
export interface PreparedFake extends AsyncDisposable {
  readonly fake: FakeOpenNebula;
  readonly home: string;
  /** Environment of the user `engineer`, who has no rights of an administrator. */
  readonly environment: NodeJS.ProcessEnv;
  /** Calls as `oneadmin`. */
  readonly admin: Caller;
  /** Gives a user's session file another secret. */
  logIn(secret: string): void;
}

/** How a fake is prepared. */
export interface PreparedOptions extends FakeOptions {
  /** Names of the hosts; default two. */
  readonly hosts?: readonly string[];
  /** Whether machines run something that can be logged in to; default yes. */
  readonly guests?: boolean;
}

/** Starts a fake with hosts of the dummy driver, an image and a template for Debian 12. */
export async function preparedFake(options: PreparedOptions = {}): Promise<PreparedFake> {
  const home = mkdtempSync(join(tmpdir(), "edgecert-opennebula-"));
  const fake = await startFakeOpenNebula(options);
  if (options.guests !== false) runGuests(fake.world, join(home, "guests"));
  const [authFile, adminFile] = [join(home, "one_auth"), join(home, "admin_auth")];
  const logIn = (secret: string) => writeFileSync(authFile, `engineer:${secret}\n`, { mode: 0o600 });
  logIn("engineer-password");
  writeFileSync(adminFile, "oneadmin:oneadmin-password\n", { mode: 0o600 });
  const common = { ONE_XMLRPC: fake.xmlRpc, ONEFLOW_URL: fake.flow, EDGECERT_OPENNEBULA_SSH_PORT: String(guestPort) };
  const admin = openNebulaCaller(await sessionPlace({ ...common, ONE_AUTH: adminFile }));
  const signal = AbortSignal.timeout(10_000);
  for (const name of options.hosts ?? ["node1", "node2"])
    await admin.id("one.host.allocate", [name, "dummy", "dummy", -1], signal);
  await admin.id(
    "one.image.allocate",
    ['NAME = "debian-12"\nPATH = "https://images.example/debian-12"\nSIZE = 2252', 1],
    signal,
  );
  const context = 'CONTEXT = [ NETWORK = YES, GREETING = "kept" ]';
  const template = `NAME = "cloud"\nEDGECERT_OS = "debian-12"\nCPU = 1\nMEMORY = 128\nDISK = [ IMAGE_ID = 0 ]\nNIC = [ NETWORK = "private" ]\n${context}`;
  await admin.id("one.template.allocate", [template], signal);
  return {
    ...{ fake, home, admin, logIn, environment: { ...common, ONE_AUTH: authFile } },
    async [Symbol.asyncDispose]() {
      await fake[Symbol.asyncDispose]();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
