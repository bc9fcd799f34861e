import { attributesXml, idsXml, tag, textOf, textTag, vectorsOf } from "./attributes.ts";
import { head } from "./document.ts";
import type { FakeCluster, FakeDatastore, FakeImage, FakeNetwork, FakeObject, FakeWorld } from "./world.ts";

/** `<VMTEMPLATE>`. */
export function templateXml(world: FakeWorld, one: FakeObject): string {
  return tag("VMTEMPLATE", [head(world, one), textTag("REGTIME", one.born), attributesXml("TEMPLATE", one.attributes)]);
}

/** `<VNTEMPLATE>`. */
export function networkTemplateXml(world: FakeWorld, one: FakeObject): string {
  return tag("VNTEMPLATE", [head(world, one), textTag("REGTIME", one.born), attributesXml("TEMPLATE", one.attributes)]);
}

/** `<CLUSTER>`. */
export function clusterXml(world: FakeWorld, one: FakeCluster): string {
  const hosts = [...world.hosts.values()].filter(({ cluster }) => cluster === one.id).map(({ id }) => id);
  return tag("CLUSTER", [
    ...[textTag("ID", one.id), textTag("NAME", one.name), idsXml("HOSTS", hosts)],
    ...[idsXml("DATASTORES", one.datastores), idsXml("VNETS", one.networks), attributesXml("TEMPLATE", one.attributes)],
  ]);
}

/** `<IMAGE>`. */
export function imageXml(world: FakeWorld, one: FakeImage): string {
  const users = [...world.vms.values()].filter(
    ({ state, attributes }) =>
      state !== 6 && vectorsOf(attributes, "DISK").some((disk) => disk.get("IMAGE_ID") === String(one.id)),
  );
  return tag("IMAGE", [
    ...[head(world, one), textTag("TYPE", 0), textTag("DISK_TYPE", 0), textTag("PERSISTENT", 0)],
    ...[
      textTag("REGTIME", one.born),
      textTag("SOURCE", `/var/lib/one/datastores/${one.datastore}/${one.id}-${one.born}`),
    ],
    ...[textTag("PATH", textOf(one.attributes, "PATH") ?? ""), textTag("FS", ""), textTag("SIZE", one.size)],
    ...[
      textTag("STATE", one.state),
      textTag("PREV_STATE", 1),
      textTag("RUNNING_VMS", users.length),
      textTag("CLONING_OPS", 0),
    ],
    ...[textTag("CLONING_ID", -1), textTag("TARGET_SNAPSHOT", -1), textTag("DATASTORE_ID", one.datastore)],
    ...[
      textTag("DATASTORE", world.datastores.get(one.datastore)?.name ?? ""),
      idsXml(
        "VMS",
        users.map(({ id }) => id),
      ),
    ],
    ...[
      idsXml("CLONES", []),
      idsXml("APP_CLONES", []),
      attributesXml("TEMPLATE", one.attributes),
      tag("SNAPSHOTS", ""),
    ],
  ]);
}

/** `<VNET>`. */
export function networkXml(world: FakeWorld, one: FakeNetwork): string {
  const clusters = [...world.clusters.values()].filter(({ networks }) => networks.has(one.id)).map(({ id }) => id);
  const used = leasesOf(world, one.id);
  const ranges = one.ranges.map(({ first, size }, index) =>
    tag("AR", [
      textTag("AR_ID", index),
      textTag("IP", first),
      textTag("MAC", "02:00:7f:5a:00:0a"),
      textTag("SIZE", size),
      textTag("TYPE", "IP4"),
    ]),
  );
  return tag("VNET", [
    ...[
      head(world, one),
      idsXml("CLUSTERS", clusters),
      textTag("BRIDGE", `onebr.${one.id}`),
      textTag("PARENT_NETWORK_ID", ""),
    ],
    ...[textTag("VN_MAD", textOf(one.attributes, "VN_MAD") ?? "bridge"), textTag("PHYDEV", ""), textTag("VLAN_ID", "")],
    ...[textTag("USED_LEASES", used.size), idsXml("VROUTERS", []), attributesXml("TEMPLATE", one.attributes)],
    tag("AR_POOL", ranges),
  ]);
}

/** The addresses of a network that machines hold. */
export function leasesOf(world: FakeWorld, network: number): ReadonlySet<string> {
  const cards = [...world.vms.values()]
    .filter(({ state }) => state !== 6)
    .flatMap((vm) => vectorsOf(vm.attributes, "NIC"));
  return new Set(cards.filter((one) => one.get("NETWORK_ID") === String(network)).map((one) => one.get("IP") ?? ""));
}

/** `<DATASTORE>`. */
export function datastoreXml(world: FakeWorld, one: FakeDatastore): string {
  const clusters = [...world.clusters.values()].filter((cluster) => cluster.datastores.has(one.id)).map(({ id }) => id);
  const images = [...world.images.values()].filter(({ datastore }) => datastore === one.id).map(({ id }) => id);
  return tag("DATASTORE", [
    ...[head(world, one), textTag("DS_MAD", one.type === 1 ? "-" : "fs"), textTag("TM_MAD", "ssh")],
    ...[textTag("BASE_PATH", `/var/lib/one/datastores/${one.id}`), textTag("TYPE", one.type), textTag("DISK_TYPE", 0)],
    ...[textTag("STATE", 0), idsXml("CLUSTERS", clusters), textTag("TOTAL_MB", 100_000), textTag("FREE_MB", 80_000)],
    ...[textTag("USED_MB", 20_000), idsXml("IMAGES", images), attributesXml("TEMPLATE", one.attributes)],
  ]);
}

/** `<MARKETPLACEAPP>`. */
export function appXml(world: FakeWorld, one: FakeObject): string {
  const inside = ["APPTEMPLATE64", "VMTEMPLATE64", "SIZE"];
  const text = (name: string, otherwise: string | number) => textTag(name, textOf(one.attributes, name) ?? otherwise);
  return tag("MARKETPLACEAPP", [
    ...[head(world, one), textTag("REGTIME", one.born), textTag("ZONE_ID", 0), textTag("ORIGIN_ID", -1)],
    ...[textTag("SOURCE", `https://marketplace.example/${one.id}`), textTag("MD5", "d41d8cd98f00b204e9800998ecf8427e")],
    ...[text("SIZE", 2252), textTag("DESCRIPTION", ""), textTag("VERSION", "1"), textTag("FORMAT", "qcow2")],
    ...[text("APPTEMPLATE64", ""), textTag("MARKETPLACE_ID", 0), textTag("MARKETPLACE", "OpenNebula Public")],
    ...[textTag("STATE", 1), textTag("TYPE", 1)],
    attributesXml(
      "TEMPLATE",
      one.attributes.filter(({ name }) => name === "VMTEMPLATE64" || !inside.includes(name)),
    ),
  ]);
}
