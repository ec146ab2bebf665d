// secret rotate-key: a new master key in the place of the one that wraps the keys of scripts.
#include "base/status.h"
#include "cli/commands/commands.h"
#include "cli/commands/control_tool.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

ExitCode RunRotateKey(Invocation& in) {
  const auto done = RunControlToolAlone(in, "terrella secret rotate-key", "--rotate_secrets_key");
  if (!done.ok()) return in.out.Fail(done.status());
  const uint64_t scripts = (*done)["scripts"].get<uint64_t>();
  in.out.Talk("the secrets of {} script{} need the key {} now, {} no longer", scripts,
              scripts == 1 ? "" : "s", (*done)["after"].get<std::string>(),
              (*done)["before"].get<std::string>());
  in.out.Talk("keep a copy of {}: no backup has it", (in.paths.control() / "secrets.key").string());
  if (in.out.json()) in.out.Data("{}", done->dump());
  return ExitCode::kOk;
}

}  // namespace

Command SecretRotateKeyCommand() {
  return {.name = "secret rotate-key",
          .group = "Code",
          .summary = "put a new master key in the place of the one that secrets need",
          .details =
              "Each script's secrets are sealed by a key of its own, which the master key wraps: "
              "control/secrets.key in\n"
              "the cluster's folder. A new one is made, and scripts get new keys that it wraps; "
              "values stay the same. The\n"
              "control plane is down meanwhile, nodes go on serving. Killed at any moment, it is "
              "ended by the next call or\n"
              "the control plane's next start. A backup of before needs the key of before.",
          .examples = {{"terrella secret rotate-key", "when somebody may have read the old one"}},
          .run = RunRotateKey};
}

}  // namespace terrella::cli
