// data: files that people bring themselves, because their owners let nobody pass them on.
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "cli/commands/as_data.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"
#include "sim/bgp/as_rel_text.h"

namespace terrella::cli {
namespace {

ExitCode RunImport(Invocation& in) {
  const absl::StatusOr<std::filesystem::path> path = ImportedGraphPath();
  if (!path.ok()) return in.out.Fail(path.status());
  const auto graph = bgp::ReadAsRel(in.args.Text("FILE"));
  if (!graph.ok()) return in.out.Fail(graph.status());
  const absl::Status saved = (*graph)->Save(*path);
  if (!saved.ok()) return in.out.Fail(saved);
  if (in.out.json()) {
    in.out.Data("{}", nlohmann::ordered_json{{"file", path->string()},
                                             {"ases", (*graph)->size()},
                                             {"provider_links", (*graph)->provider_links()},
                                             {"peer_links", (*graph)->peer_links()}}
                          .dump());
    return ExitCode::kOk;
  }
  in.out.Data("{}", path->string());
  in.out.Talk(
      "{} ASes, {} provider and {} peer links; CAIDA asks to be cited and told of publications",
      (*graph)->size(), (*graph)->provider_links(), (*graph)->peer_links());
  return ExitCode::kOk;
}

}  // namespace

Command DataImportCommand() {
  return {.name = "data import",
          .group = "Network model",
          .summary = "keep a data set of your own for the network model",
          .details =
              "caida: AS relationships, serial-1 (as-rel.txt or as-rel.txt.bz2), from\n"
              "https://www.caida.org/catalog/datasets/as-relationships/. The file is checked and\n"
              "written to $TERRELLA_HOME/.data/as-graph.bin; `net catchment` then uses it.",
          .positionals = {{.name = "FORMAT", .kind = ValueKind::kChoice, .choices = {"caida"}},
                          {.name = "FILE", .kind = ValueKind::kFile}},
          .examples = {{"terrella data import caida 20250901.as-rel.txt.bz2",
                        "net catchment then knows the Internet of that day"}},
          .run = RunImport};
}

}  // namespace terrella::cli
