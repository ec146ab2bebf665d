#include "cli/commands/net_routes.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "base/status.h"
#include "cli/app/text_table.h"
#include "cli/commands/as_data.h"
#include "sim/bgp/routes.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;
using bgp::RouteClass;

constexpr std::array<std::string_view, 4> kClassNames = {"origin", "customer", "peer", "provider"};

std::string_view NameOf(RouteClass route_class) {
  return kClassNames[static_cast<size_t>(route_class)];
}

absl::StatusOr<std::shared_ptr<const bgp::AsGraph>> GraphOf(const Invocation& in) {
  if (in.args.Has("--graph")) return ReadGraph(in.args.Text("--graph"));
  ASSIGN_OR_RETURN(const std::filesystem::path path, ImportedGraphPath());
  absl::StatusOr<std::shared_ptr<const bgp::AsGraph>> graph = bgp::AsGraph::Load(path);
  if (absl::IsNotFound(graph.status())) {
    return NotFound("no graph of ASes: give --graph FILE, or keep one with 'terrella data import'");
  }
  return graph;
}

// asn,class,length of every AS that has a route, by number.
std::string Dump(const bgp::AsGraph& graph, const bgp::RouteTable& table) {
  std::string out = "asn,class,length\n";
  for (const bgp::AsId as : graph.ByAsn()) {
    if (!table.Reaches(as)) continue;
    fmt::format_to(std::back_inserter(out), "{},{},{}\n", graph.AsnOf(as),
                   NameOf(table.ClassOf(as)), table.LengthOf(as));
  }
  return out;
}

void Summarise(Invocation& in, const bgp::AsGraph& graph, const bgp::RouteTable& table,
               bgp::Asn origin) {
  std::array<size_t, 4> by_class{};
  double hops = 0;
  for (bgp::AsId as = 0; as < graph.size(); ++as) {
    if (!table.Reaches(as)) continue;
    ++by_class[static_cast<size_t>(table.ClassOf(as))];
    hops += table.LengthOf(as);
  }
  const size_t reached = table.CountReached();
  const double mean = hops / static_cast<double>(reached);
  if (in.out.json()) {
    Json json{{"origin", origin}, {"ases", graph.size()}, {"reached", reached}};
    for (size_t i = 1; i < by_class.size(); ++i) json[std::string(kClassNames[i])] = by_class[i];
    json["mean_length"] = mean;
    in.out.Data("{}", json.dump());
    return;
  }
  in.out.Data(
      "{} of {} ASes reach AS{}: {} through a customer, {} a peer, {} a provider; {:.2f} ASes on",
      reached, graph.size(), origin, by_class[1], by_class[2], by_class[3], mean);
}

}  // namespace

ExitCode RunRoutesTo(Invocation& in) {
  const absl::StatusOr<bgp::Asn> origin = ParseAsn(in.args.Text("--origin"));
  if (!origin.ok()) return in.out.Fail(origin.status());
  const auto graph = GraphOf(in);
  if (!graph.ok()) return in.out.Fail(graph.status());
  const std::optional<bgp::AsId> as = (*graph)->Find(*origin);
  if (!as) return in.out.Fail(ExitCode::kFailed, "AS{} is not in the graph", *origin);
  const bgp::Seed seed{.as = *as};
  const bgp::RouteTable table = bgp::RoutePropagator(**graph).Run({&seed, 1});
  if (in.args.Has("--dump")) {
    in.out.Write(Dump(**graph, table));
  } else {
    Summarise(in, **graph, table, *origin);
  }
  return ExitCode::kOk;
}

}  // namespace terrella::cli
