#include "sim/bgp/as_rel_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "base/file.h"
#include "base/status.h"
#include "sim/bgp/as_graph_builder.h"
#include "sim/bgp/bzip2.h"

namespace terrella::bgp {
namespace {

std::optional<Asn> ParseAsn(std::string_view text) {
  Asn asn = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), asn);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return asn;
}

// What to print of a line from outside.
std::string Shown(std::string_view line) {
  std::string out;
  for (const char c : line.substr(0, 60)) out += c >= ' ' && c < 0x7f ? c : '?';
  return line.size() > 60 ? out + "..." : out;
}

absl::Status AddLine(std::string_view line, uint32_t number, AsGraphBuilder& builder) {
  std::array<std::string_view, 4> fields;
  size_t count = 0;
  std::string_view rest = line;
  while (true) {
    const size_t bar = rest.find('|');
    if (count < fields.size()) fields[count] = rest.substr(0, bar);
    ++count;
    if (bar == std::string_view::npos) break;
    rest.remove_prefix(bar + 1);
  }
  const std::optional<Asn> a = ParseAsn(fields[0]), b = ParseAsn(fields[1]);
  if (count < 3 || count > 4 || !a || !b || (fields[2] != "-1" && fields[2] != "0")) {
    return InvalidArgument("expected <provider>|<customer>|-1 or <peer>|<peer>|0, got '{}'",
                           Shown(line));
  }
  if (fields[2] == "0") {
    builder.AddPeerLink(*a, *b, number);
  } else {
    builder.AddProviderLink(*a, *b, number);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const AsGraph>> ReadAsRel(const std::filesystem::path& path,
                                                         const AsRelLimits& limits) {
  ASSIGN_OR_RETURN(std::string bytes, ReadFile(path, limits.text_bytes_max));
  if (!IsBzip2(bytes)) return ParseAsRel(bytes, path.string(), limits);
  absl::StatusOr<std::string> text = Bunzip2(bytes, limits.text_bytes_max);
  if (!text.ok()) {
    return MakeStatus(text.status().code(), "{}: {}", path.string(), Message(text.status()));
  }
  return ParseAsRel(*text, path.string(), limits);
}

absl::StatusOr<std::shared_ptr<const AsGraph>> ParseAsRel(std::string_view text,
                                                          std::string_view name,
                                                          const AsRelLimits& limits) {
  AsGraphBuilder builder(limits.graph);
  uint32_t number = 0;
  const auto at_line = [&](uint32_t line, std::string_view what) {
    return InvalidArgument("{}:{}: {}", name, line, what);
  };
  for (std::string_view rest = text; !rest.empty();) {
    ++number;
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.size() > limits.line_bytes_max) {
      return at_line(number, fmt::format("expected at most {} bytes a line, got {}",
                                         limits.line_bytes_max, line.size()));
    }
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty() || line.front() == '#') continue;
    const absl::Status status = AddLine(line, number, builder);
    if (!status.ok()) return at_line(number, Message(status));
    if (builder.links() > limits.graph.links_max) {
      return at_line(number, fmt::format("expected at most {} links", limits.graph.links_max));
    }
  }
  if (builder.links() == 0) return at_line(number, "expected at least one link");
  uint32_t origin = 0;
  absl::StatusOr<std::shared_ptr<const AsGraph>> graph = builder.Build(&origin);
  if (!graph.ok()) return at_line(origin == 0 ? number : origin, Message(graph.status()));
  return graph;
}

}  // namespace terrella::bgp
