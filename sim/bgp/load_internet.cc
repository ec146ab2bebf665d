#include "sim/bgp/load_internet.h"

#include <system_error>
#include <utility>

#include "base/status.h"
#include "sim/bgp/synthetic.h"

namespace terrella::bgp {
namespace {

bool IsThere(const std::filesystem::path& path) {
  std::error_code ignored;
  return !path.empty() && std::filesystem::exists(path, ignored);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Internet>> LoadInternet(std::shared_ptr<const Hubs> hubs,
                                                             const InternetSource& source) {
  if (!IsThere(source.graph) || !IsThere(source.footprint)) {
    return MakeSyntheticInternet(std::move(hubs), {.ases = source.ases, .seed = source.seed});
  }
  ASSIGN_OR_RETURN(const auto graph, AsGraph::Load(source.graph));
  ASSIGN_OR_RETURN(const auto footprint, AsFootprint::Load(source.footprint));
  auto internet =
      Internet::Make(graph, *footprint, std::move(hubs),
                     fmt::format("the {} ASes of {}", graph->size(), source.graph.string()));
  if (internet->users() <= 0) {
    return DataLoss("{}: expected people on networks of {}", source.footprint.string(),
                    source.graph.string());
  }
  return internet;
}

}  // namespace terrella::bgp
