import type { Caller } from "./caller.ts";
import { askWith } from "./calls/ask.ts";
import { clusterCalls } from "./calls/cluster.ts";
import { datastoreCalls } from "./calls/datastore.ts";
import { hostCalls } from "./calls/host.ts";
import { imageCalls } from "./calls/image.ts";
import { marketplaceAppCalls } from "./calls/marketplace-app.ts";
import { networkCalls, networkTemplateCalls } from "./calls/network.ts";
import { accountCalls } from "./calls/quota.ts";
import { machineCalls } from "./calls/virtual-machine.ts";
import { templateCalls } from "./calls/vm-template.ts";

/** Every call of OpenNebula that edgecert makes, typed and by the kind of its object, under one signal. */
export type OpenNebula = ReturnType<typeof openNebula>;

/** The calls of one piece of work: they end with its signal. */
export function openNebula(caller: Caller, signal: AbortSignal) {
  const ask = askWith(caller, signal);
  return {
    accounts: accountCalls(ask),
    hosts: hostCalls(ask),
    clusters: clusterCalls(ask),
    machines: machineCalls(ask),
    templates: templateCalls(ask),
    images: imageCalls(ask),
    networks: networkCalls(ask),
    networkTemplates: networkTemplateCalls(ask),
    datastores: datastoreCalls(ask),
    apps: marketplaceAppCalls(ask),
  };
}
