// types: the bindings of a project as TypeScript.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/status.h"
#include "bundle/env_types.h"
#include "bundle/project_env.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

constexpr const char* kOutputDefault = "worker-configuration.d.ts";

ExitCode Run(Invocation& in) {
  const std::filesystem::path path = in.args.Text("PATH", ".");
  const absl::StatusOr<bundle::ProjectEnv> env = bundle::ReadProjectEnv(path);
  if (!env.ok()) {
    return in.out.FailLine(absl::IsNotFound(env.status()) ? ExitCode::kFailed : ExitCode::kRejected,
                           Message(env.status()));
  }
  const std::string text =
      bundle::EnvTypes(env->environments, {.interface = in.args.Text("--env-interface", "Env"),
                                           .main_module = env->main_module,
                                           .strict_vars = !in.args.Has("--loose-vars"),
                                           .secrets = env->secrets,
                                           .source = env->config.filename().string()});
  const std::string file = in.args.Text("FILE", (env->folder / kOutputDefault).string());
  if (file == "-") {
    in.out.Write(text);
    return ExitCode::kOk;
  }
  if (absl::Status written = WriteFileAtomic(file, text); !written.ok())
    return in.out.Fail(written);
  in.out.Data("{}", in.out.json() ? nlohmann::ordered_json{{"file", file}}.dump() : file);
  return ExitCode::kOk;
}

}  // namespace

Command TypesCommand() {
  return {.name = "types",
          .group = "Code",
          .summary = "write the TypeScript type of a project's env",
          .details =
              "Reads the configuration of wrangler (or terrella.toml) in PATH, all its "
              "environments and\n"
              ".dev.vars, and writes worker-configuration.d.ts there, or FILE ('-': stdout). Types "
              "are named\n"
              "as in @cloudflare/workers-types.",
          .positionals = {{.name = "PATH", .kind = ValueKind::kFile, .required = false},
                          {.name = "FILE", .kind = ValueKind::kFile, .required = false}},
          .flags = {{.name = "--env-interface",
                     .value = "NAME",
                     .help = "what the interface is called (default Env)"},
                    {.name = "--loose-vars", .help = "string instead of the very values"}},
          .examples = {{"terrella types", "of the project in this folder"}},
          .run = Run};
}

}  // namespace terrella::cli
