import { type FaultTable, textTable } from "../providers/fault.ts";

const diyBackend = "github.com/pulumi/pulumi pkg/backend/diy";

/** The errors of Pulumi's own program: its state, its secrets, its plugins. Sources are files of version 3.250.0. */
export const engineFaults: FaultTable = textTable([
  [
    /the stack is currently locked by|Another update is currently in progress/,
    {
      code: "StackLocked",
      class: "transient",
      elsewhere: null,
      next: "Wait until the process named above has ended. If it is dead for sure, run `pulumi cancel` on its machine.",
      source: `${diyBackend}/lock.go`,
    },
  ],
  [
    /no space left on device|disk quota exceeded/,
    {
      code: "DiskFull",
      class: "configuration",
      elsewhere: null,
      next: "Make room where the state of stacks and the temporary files lie, then run it again: what exists is found by its tags.",
      source: `${diyBackend}/state.go`,
    },
  ],
  [
    /incorrect passphrase/,
    {
      code: "WrongPassphrase",
      class: "configuration",
      elsewhere: null,
      next: "Give the passphrase that the stack was made with, by PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE.",
      source: "github.com/pulumi/pulumi pkg/secrets/passphrase/manager.go",
    },
  ],
  [
    /passphrase must be set with PULUMI_CONFIG_PASSPHRASE|unable to read PULUMI_CONFIG_PASSPHRASE_FILE/,
    {
      code: "NoPassphrase",
      class: "configuration",
      elsewhere: null,
      next: "Give the stack's passphrase by PULUMI_CONFIG_PASSPHRASE_FILE, or leave both unset: one is made and kept.",
      source: "github.com/pulumi/pulumi pkg/secrets/passphrase/manager.go",
    },
  ],
  [
    /failed to load checkpoint|snapshot integrity failure/,
    {
      code: "BrokenState",
      class: "fatal",
      elsewhere: null,
      next: "The state of the stack is damaged: what it made is given back by its tags; copies lie in .pulumi/backups.",
      source: `${diyBackend}/state.go`,
    },
  ],
  [
    /no \w+ plugin '[^']+' found in the workspace/,
    {
      code: "NoPlugin",
      class: "configuration",
      elsewhere: null,
      next: "Install it once with the command in the message, or let Pulumi fetch it: PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION must be unset.",
      source: "github.com/pulumi/pulumi sdk/go/common/workspace/plugins.go",
    },
  ],
  [
    /must be set for login during non-interactive|invalid access token/,
    {
      code: "NoLogin",
      class: "configuration",
      elsewhere: null,
      next: "Set PULUMI_ACCESS_TOKEN for Pulumi's service, or PULUMI_BACKEND_URL to a file:// or s3:// state.",
      source: "github.com/pulumi/pulumi pkg/backend/backenderr/backenderr.go",
    },
  ],
  [
    /unable to open bucket|could not list bucket|NoSuchBucket|has an illegal prefix; expected one of/,
    {
      code: "NoState",
      class: "configuration",
      elsewhere: null,
      next: "See that EDGECERT_PULUMI_STATE (PULUMI_BACKEND_URL for pulumi by hand) names a folder or bucket that exists and may be written, as file:// or s3://.",
      source: `${diyBackend}/backend.go`,
    },
  ],
  [
    /rpc error: code = Unavailable|transport is closing|the plugin .*exited|could not read plugin/,
    {
      code: "PluginEnded",
      class: "transient",
      elsewhere: null,
      next: "The provider's plugin ended in the middle: it is tried again; if it stays, see that memory suffices.",
      source: "github.com/pulumi/pulumi sdk/go/common/resource/plugin/plugin.go",
    },
  ],
]);
