import type * as pulumi from "@pulumi/pulumi";

/**
 * The part of the optional package `@pulumiverse/scaleway` that the program uses, for type checks where it is not
 * installed: `paths` in tsconfig.json falls back to it. Where the package is, its own types are checked.
 */
type Inputs = Readonly<Record<string, unknown>>;

interface Address {
  readonly address: string;
}

export declare class Provider extends pulumi.ProviderResource {
  constructor(name: string, args: Inputs, options?: pulumi.ResourceOptions);
}

export declare class SshKey extends pulumi.CustomResource {
  constructor(name: string, args: Inputs, options?: pulumi.CustomResourceOptions);
}

export declare class Vpc extends pulumi.CustomResource {
  constructor(name: string, args: Inputs, options?: pulumi.CustomResourceOptions);
}

export declare class PrivateNetwork extends pulumi.CustomResource {
  constructor(name: string, args: Inputs, options?: pulumi.CustomResourceOptions);
}

export declare class Server extends pulumi.CustomResource {
  readonly ipv4s: pulumi.Output<Address[]>;
  readonly privateIps: pulumi.Output<Address[]>;
  readonly privateNetworks: pulumi.Output<{ readonly vlan: number }[] | undefined>;
  readonly os: pulumi.Output<string | undefined>;
  constructor(name: string, args: Inputs, options?: pulumi.CustomResourceOptions);
}

export declare function getOsOutput(
  args: Inputs,
  options?: pulumi.InvokeOptions,
): pulumi.Output<{ readonly id: string }>;

export declare function getOfferOutput(
  args: Inputs,
  options?: pulumi.InvokeOptions,
): pulumi.Output<{ readonly id: string }>;
