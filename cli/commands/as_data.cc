#include "cli/commands/as_data.h"

#include <charconv>

#include "base/status.h"
#include "cli/cluster/paths.h"
#include "sim/bgp/as_rel_text.h"

namespace terrella::cli {

absl::StatusOr<std::filesystem::path> ImportedGraphPath() {
  ASSIGN_OR_RETURN(const std::filesystem::path home, TerrellaHome());
  return home / ".data" / "as-graph.bin";
}

absl::StatusOr<std::shared_ptr<const bgp::AsGraph>> ReadGraph(const std::filesystem::path& path) {
  if (path.extension() == ".bin") return bgp::AsGraph::Load(path);
  return bgp::ReadAsRel(path);
}

absl::StatusOr<bgp::Asn> ParseAsn(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with("AS") || digits.starts_with("as")) digits.remove_prefix(2);
  bgp::Asn asn = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), asn);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return InvalidArgument("expected an AS such as AS174, got '{}'", text);
  }
  return asn;
}

}  // namespace terrella::cli
