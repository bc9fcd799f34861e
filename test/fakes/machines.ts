/** A machine that a fake is asked for, as its cloud would see it. */
export interface FakeMachine {
  /** Unique among all fakes. */
  readonly id: string;
  readonly name: string;
  /** Catalogue name of what it boots where the fake knows it, else the provider's own word for the image. */
  readonly image: string;
  /** Cloud-init's configuration, plain. */
  readonly userData: string;
  /** Login key in OpenSSH's form. */
  readonly loginKey: string;
}

/** What stands behind the instances of a fake: nothing at all, or something that answers on the network. */
export interface Machines {
  /** Null leaves the addresses to the fake. */
  create(machine: FakeMachine): Promise<{ readonly address: string; readonly privateAddress: string } | null>;
  /** Succeeds for what is gone. */
  delete(id: string): Promise<void>;
}

/** Machines that are running as soon as they are asked for, because there are none. */
export const instantMachines: Machines = { create: async () => null, delete: async () => {} };
