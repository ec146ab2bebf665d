// dev: one worker on one node in the foreground, reloaded when its files change.
#include <filesystem>

#include "base/status.h"
#include "cli/cluster/programs.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"
#include "cli/commands/shards_flag.h"
#include "cli/dev/dev_session.h"

namespace terrella::cli {
namespace {

ExitCode Run(Invocation& in) {
  const absl::StatusOr<Programs> programs = Programs::Find();
  if (!programs.ok()) return in.out.Fail(programs.status());
  DevOptions options{.path = in.args.Has("PATH") ? in.args.Text("PATH") : ".",
                     .node = programs->bin / "edge_node",
                     .port = static_cast<uint16_t>(in.args.Number("--port", 8787))};
  const auto shards = ReadShards(in.args, "");
  if (!shards.ok()) return in.out.Fail(ExitCode::kUsage, "dev: {}", Message(shards.status()));
  options.shards = *shards;
  options.load.development = true;
  options.load.environment = in.args.Text("--env");
  for (const std::string& text : in.args.All("--var")) {
    auto var = bundle::ParseVar(text);
    if (!var.ok()) return in.out.Fail(ExitCode::kUsage, "dev: --var: {}", Message(var.status()));
    options.load.vars.push_back(*std::move(var));
  }
  return RunDevSession(options, in.out);
}

}  // namespace

Command DevCommand() {
  return {.name = "dev",
          .group = "Code",
          .summary = "serve one worker here and reload it when its files change",
          .details =
              "Needs no cluster. Same runtime and limits as on the network; Ctrl-C ends it. PATH "
              "is what\n"
              "'terrella deploy' takes (default: this folder). Of a project of wrangler, .dev.vars "
              "(or .env)\n"
              "gives variables that are secrets elsewhere. Its triggers run scheduled() at their "
              "times;\n"
              "a request to /__scheduled or /cdn-cgi/handler/scheduled runs it at once.",
          .positionals = {{.name = "PATH", .kind = ValueKind::kFile, .required = false}},
          .flags = {{.name = "--port",
                     .value = "PORT",
                     .help = "where it listens on 127.0.0.1 (default 8787)",
                     .kind = ValueKind::kNumber,
                     .min = 0,
                     .max = 65535},
                    {.name = "--env",
                     .letter = 'e',
                     .value = "NAME",
                     .help = "the environment of a wrangler configuration"},
                    {.name = "--var",
                     .value = "KEY=VALUE",
                     .help = "a text in the worker's env",
                     .repeatable = true},
                    ShardsFlag()},
          .examples = {{"terrella dev hello.js", "then: curl http://127.0.0.1:8787/"},
                       {"terrella dev --env staging", "the project of wrangler in this folder"}},
          .run = Run};
}

}  // namespace terrella::cli
