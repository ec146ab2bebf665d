// data: files that people bring themselves, because their owners let nobody pass them on.
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "cli/app/interrupt.h"
#include "cli/commands/as_data.h"
#include "cli/commands/commands.h"
#include "cli/commands/import_pings.h"
#include "cli/commands/invocation.h"
#include "cli/commands/kept_data.h"
#include "cli/commands/world.h"
#include "sim/bgp/as_rel_text.h"

namespace terrella::cli {
namespace {

ExitCode ImportPings(Invocation& in) {
  const auto kept = KeptDataFolder();
  if (!kept.ok()) return in.out.Fail(kept.status());
  const absl::StatusOr<World> world = LoadWorld();
  if (!world.ok()) return in.out.Fail(world.status());
  const std::filesystem::path file = in.args.Text("FILE");
  const std::filesystem::path servers =
      in.args.Has("--servers") ? in.args.Text("--servers") : ServersFileOf(file).string();
  Interrupt interrupt;
  const auto dump = ReadPingDump(file, servers, *world->places, [&](uint64_t bytes) {
    in.out.Progress(fmt::format("reading: {}", FormatBytes(bytes)));
    return !interrupt.Raised();
  });
  in.out.ClearProgress();
  if (!dump.ok()) return in.out.Fail(dump.status());
  const net::Measured measured = dump->ToMeasured();
  const std::filesystem::path folder = *kept / kMeasuredFolder;
  if (const absl::Status saved = measured.Save(folder); !saved.ok()) return in.out.Fail(saved);
  if (in.out.json()) {
    in.out.Data("{}", nlohmann::ordered_json{{"folder", folder.string()},
                                             {"servers", measured.sites.size()},
                                             {"paths", measured.paths.size()},
                                             {"pings", dump->pings()},
                                             {"unknown_servers", dump->unknown()}}
                          .dump());
    return ExitCode::kOk;
  }
  in.out.Data("{}", folder.string());
  in.out.Talk("{} servers, {} paths, {} pings; WonderNetwork's measurements: keep them to yourself",
              measured.sites.size(), measured.paths.size(), dump->pings());
  if (dump->unknown() > 0) {
    in.out.Talk("{} pings were of servers that {} lacks", dump->unknown(), servers.string());
  }
  return ExitCode::kOk;
}

ExitCode RunImport(Invocation& in) {
  if (in.args.Text("FORMAT") == "wonderproxy") return ImportPings(in);
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
              "written to $TERRELLA_HOME/.data/as-graph.bin; `net catchment` then uses it.\n"
              "wonderproxy: a day of pings (pings-...csv.gz) with its servers-...csv beside it;\n"
              "`net validate` then compares the model with it, and scripts/data/fit_latency.py\n"
              "can be fitted to the folder that is printed.",
          .positionals = {{.name = "FORMAT",
                           .kind = ValueKind::kChoice,
                           .choices = {"caida", "wonderproxy"}},
                          {.name = "FILE", .kind = ValueKind::kFile}},
          .flags = {{.name = "--servers",
                     .value = "FILE.csv",
                     .help = "of wonderproxy: the list of servers, when it is elsewhere",
                     .kind = ValueKind::kFile}},
          .examples = {{"terrella data import caida 20250901.as-rel.txt.bz2",
                        "net catchment then knows the Internet of that day"}},
          .run = RunImport};
}

}  // namespace terrella::cli
