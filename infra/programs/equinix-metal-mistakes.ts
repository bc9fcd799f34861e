import type { Failure } from "../../pipelines/dsl/failure.ts";
import { equinixPlanSlug, equinixPlans } from "../catalog/equinix-plans.ts";
import { locationNamed, locations } from "../catalog/locations.ts";
import type { Wishes } from "./edge-cluster.ts";
import type { EquinixMetalClusterArgs } from "./equinix-metal.ts";
import { contradiction, equinixMetalEnded, fakeApiNotLocal, unknownModel, unknownPlace } from "./failures.ts";

const metros = locations.filter(({ provider }) => provider === "equinix-metal").map(({ id }) => id);

/** What is known of a cluster of equinix-metal, while more may be missing. */
export type EquinixMetalWishes = Wishes<EquinixMetalClusterArgs>;

/** Why it can never be had; empty where a fake of the API may be asked. */
export function equinixMetalMistakes(wishes: EquinixMetalWishes): readonly Failure[] {
  return [...ofUse(wishes), ...ofPlace(wishes), ...ofNetwork(wishes)];
}

function ofUse({ fakeApi, projectId, organizationId }: EquinixMetalWishes): Failure[] {
  const failures: Failure[] = [];
  if (fakeApi === undefined) failures.push(equinixMetalEnded);
  else if (!/^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):\d+$/.test(fakeApi)) failures.push(fakeApiNotLocal(fakeApi));
  if (projectId !== undefined && organizationId !== undefined)
    failures.push(
      contradiction(
        `organizationId ${organizationId} is asked for beside projectId ${projectId}`,
        "leave organizationId out: a project has one",
      ),
    );
  return failures;
}

function ofPlace({ metro, plan }: EquinixMetalWishes): Failure[] {
  const failures: Failure[] = [];
  if (plan !== undefined && equinixPlanSlug(plan) === null)
    failures.push(unknownModel("equinix-metal", plan, equinixPlans));
  if (metro !== undefined && locationNamed("equinix-metal", metro) === null)
    failures.push(unknownPlace("equinix-metal", metro, metros));
  return failures;
}

function ofNetwork({ vlans = [], networkType }: EquinixMetalWishes): Failure[] {
  const failures: Failure[] = [];
  for (const vlan of vlans.filter((number) => !Number.isInteger(number) || number < 2 || number > 3999))
    failures.push(contradiction(`${vlan} is no VLAN of Equinix Metal`, "use numbers from 2 to 3999"));
  if (new Set(vlans).size < vlans.length)
    failures.push(contradiction(`the VLANs ${vlans.join(", ")} name one twice`, "name each once"));
  if (vlans.length > 0 && networkType === "layer3")
    failures.push(contradiction("VLANs are asked for where networkType is layer3", "set networkType to hybrid"));
  if (vlans.length === 0 && networkType?.startsWith("layer2") === true)
    failures.push(
      contradiction(`networkType ${networkType} leaves a host without VLANs unreachable`, "name some vlans"),
    );
  return failures;
}
