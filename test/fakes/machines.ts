/** A machine that a fake is asked for, as its cloud would see it. */
export interface FakeMachine {
  /** Unique among all fakes. */
  readonly id: string;
  readonly name: string;
  /** Catalogue name of what it boots where the fake knows it, else the provider's own word for the image. */
  readonly image: string;
  /** Account to which that image gives the login key. */
  readonly account: string;
  /** Cloud-init's configuration, plain. */
  readonly userData: string;
  /** Login key in OpenSSH's form. */
  readonly loginKey: string;
  /** The private network that it shares with others; without one it has an address that the others do not reach. */
  readonly network?: {
    /** Any word: machines with the same one reach each other. */
    readonly segment: string;
    /** IPv4 address with prefix, such as `10.90.0.4/24`. */
    readonly address: string;
  };
}

/** What stands behind the instances of a fake: nothing at all, or something that answers on the network. */
export interface Machines {
  /** Null leaves the addresses to the fake. */
  create(machine: FakeMachine): Promise<{ readonly address: string; readonly privateAddress: string } | null>;
  /** Succeeds for what is gone. */
  delete(id: string): Promise<void>;
  /** Those that were created and not deleted, some of which may have powered themselves off. */
  all(): Promise<readonly { readonly id: string; readonly state: "running" | "off" }[]>;
}

/** Machines that are running as soon as they are asked for, because there are none. */
export const instantMachines: Machines = {
  create: async () => null,
  delete: async () => {},
  all: async () => [],
};
