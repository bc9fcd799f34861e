import { hostPool } from "../../../infra/pool/pool.ts";
import { hostFactsOf, inventoryHost, ownerOf, servers } from "./scripted-pool.ts";

/** A process that shares a pool: `pool-process FOLDER NODE ROUNDS`. Without rounds it claims once and then only lives. */
const [folder = "", node = "", rounds = "0"] = process.argv.slice(2);
const pool = hostPool({
  ...{ name: "inventory", folder, home: "/home/a", patienceMs: 60_000 },
  hosts: [inventoryHost("a"), inventoryHost("b")],
  look: async () => hostFactsOf(),
});
const io = { signal: AbortSignal.timeout(60_000), note: () => {} };

for (let round = 1; round <= Number(rounds); round += 1) {
  const owner = ownerOf(node, { token: round });
  const [held] = await pool.claim(servers(6000), owner, io);
  const standings = await pool.survey();
  const most = Math.max(...standings.map(({ holds }) => holds.length));
  console.log(`${held?.host.name} ${most}`);
  await pool.release(owner, io.signal);
}
if (rounds === "0") {
  await pool.claim(servers(6000, 6000), ownerOf(node), io);
  console.log("held");
  setInterval(() => {}, 60_000);
}
