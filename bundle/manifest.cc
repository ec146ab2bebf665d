#include "bundle/manifest.h"

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <sstream>
#include <utility>

#include "base/status.h"
#include "base/suggest.h"
#include "base/tcp.h"

namespace terrella::bundle {
namespace {

constexpr uint64_t kMiB = 1 << 20;

// Reads one TOML document; the first error wins.
class Reader {
 public:
  Reader(std::string_view file_name, const ManifestLimits& limits)
      : file_name_(file_name), limits_(limits) {}

  absl::Status ReadRoot(const toml::table& root, Manifest& out);

 private:
  template <class... Args>
  absl::Status Error(const toml::node& at, fmt::format_string<Args...> format, Args&&... args) {
    const toml::source_position where = at.source().begin;
    return InvalidArgument("{}:{}:{}: {}", file_name_, where.line, where.column,
                           fmt::format(format, std::forward<Args>(args)...));
  }
  // Refuses keys that are not in `known`.
  absl::Status CheckKeys(const toml::table& table, std::string_view where,
                         std::span<const std::string> known);
  absl::Status ReadString(const toml::table& table, const char* key, std::string& out);
  absl::Status ReadStrings(const toml::table& table, const char* key, size_t count_max,
                           std::vector<std::string>& out);
  absl::Status ReadUint(const toml::table& table, const char* key, uint64_t max, uint64_t& out);
  absl::StatusOr<const toml::table*> Section(const toml::table& root, const char* key);
  absl::Status ReadVars(const toml::table& vars, Manifest& out);
  absl::Status ReadServices(const toml::table& services, Manifest& out);
  absl::Status ReadOrigins(const toml::table& root, Manifest& out);
  absl::Status ReadLimits(const toml::table& limits, Manifest& out);
  absl::Status AddBinding(const toml::node& at, v1::Binding binding, Manifest& out);

  std::string_view file_name_;
  const ManifestLimits& limits_;
};

std::string_view TypeName(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "a boolean";
    default:
      return "a date or time";
  }
}

absl::Status Reader::CheckKeys(const toml::table& table, std::string_view where,
                               std::span<const std::string> known) {
  for (const auto& [key, node] : table) {
    if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
    std::string near = Suggest(key.str(), known);
    const toml::source_position at = key.source().begin;
    return InvalidArgument("{}:{}:{}: unknown key '{}' {}{}", file_name_, at.line, at.column,
                           key.str(), where,
                           near.empty() ? "" : fmt::format("; did you mean '{}'?", near));
  }
  return absl::OkStatus();
}

absl::Status Reader::ReadString(const toml::table& table, const char* key, std::string& out) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return absl::OkStatus();
  if (!node->is_string())
    return Error(*node, "'{}' must be a string, not {}", key, TypeName(*node));
  out = node->as_string()->get();
  return absl::OkStatus();
}

absl::Status Reader::ReadStrings(const toml::table& table, const char* key, size_t count_max,
                                 std::vector<std::string>& out) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return absl::OkStatus();
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    return Error(*node, "'{}' must be an array of strings, not {}", key, TypeName(*node));
  }
  if (array->size() > count_max)
    return Error(*node, "'{}' has more than {} entries", key, count_max);
  for (const toml::node& item : *array) {
    if (!item.is_string()) {
      return Error(item, "'{}' must hold strings, not {}", key, TypeName(item));
    }
    out.push_back(item.as_string()->get());
  }
  return absl::OkStatus();
}

absl::Status Reader::ReadUint(const toml::table& table, const char* key, uint64_t max,
                              uint64_t& out) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return absl::OkStatus();
  const auto* integer = node->as_integer();
  if (integer == nullptr || integer->get() < 1 || static_cast<uint64_t>(integer->get()) > max) {
    return Error(*node, "'{}' must be an integer from 1 to {}", key, max);
  }
  out = static_cast<uint64_t>(integer->get());
  return absl::OkStatus();
}

absl::StatusOr<const toml::table*> Reader::Section(const toml::table& root, const char* key) {
  const toml::node* node = root.get(key);
  if (node == nullptr) return nullptr;
  if (!node->is_table()) {
    return Error(*node, "'{}' must be a table ([{}]), not {}", key, key, TypeName(*node));
  }
  return node->as_table();
}

absl::Status Reader::AddBinding(const toml::node& at, v1::Binding binding, Manifest& out) {
  if (absl::Status s = CheckBindingName(binding.name()); !s.ok())
    return Error(at, "{}", Message(s));
  if (out.bindings.size() >= limits_.bindings_max) {
    return Error(at, "more than {} vars and services", limits_.bindings_max);
  }
  if (binding.text().size() > limits_.binding_bytes_max ||
      binding.json().size() > limits_.binding_bytes_max) {
    return Error(at, "'{}' is larger than {} bytes", binding.name(), limits_.binding_bytes_max);
  }
  for (const v1::Binding& other : out.bindings) {
    if (other.name() == binding.name()) {
      return Error(at, "'{}' is both a var and a service", binding.name());
    }
  }
  out.bindings.push_back(std::move(binding));
  return absl::OkStatus();
}

absl::Status Reader::ReadVars(const toml::table& vars, Manifest& out) {
  for (const auto& [key, node] : vars) {
    v1::Binding binding;
    binding.set_name(std::string(key.str()));
    if (const auto* text = node.as_string()) {
      binding.set_text(text->get());
    } else {
      std::ostringstream json;
      json << toml::json_formatter(
          node, toml::json_formatter::default_flags & ~toml::format_flags::indentation);
      binding.set_json(json.str());
    }
    RETURN_IF_ERROR(AddBinding(node, std::move(binding), out));
  }
  return absl::OkStatus();
}

absl::Status Reader::ReadServices(const toml::table& services, Manifest& out) {
  for (const auto& [key, node] : services) {
    if (!node.is_string()) {
      return Error(node, "service '{}' must name a script, not be {}", key.str(), TypeName(node));
    }
    v1::Binding binding;
    binding.set_name(std::string(key.str()));
    binding.set_service(node.as_string()->get());
    if (absl::Status s = CheckScriptName(binding.service()); !s.ok()) {
      return Error(node, "{}", Message(s));
    }
    RETURN_IF_ERROR(AddBinding(node, std::move(binding), out));
  }
  return absl::OkStatus();
}

absl::Status Reader::ReadOrigins(const toml::table& root, Manifest& out) {
  const toml::node* node = root.get("origins");
  if (node == nullptr) return absl::OkStatus();
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    return Error(*node, "origins are written as [[origins]] with host and address");
  }
  if (array->size() > limits_.origins_max) {
    return Error(*node, "more than {} origins", limits_.origins_max);
  }
  static const std::string known[] = {"host", "address", "place"};
  for (const toml::node& item : *array) {
    const toml::table* table = item.as_table();
    if (table == nullptr) return Error(item, "an origin must be a table, not {}", TypeName(item));
    RETURN_IF_ERROR(CheckKeys(*table, "in [[origins]]", known));
    v1::Origin origin;
    RETURN_IF_ERROR(ReadString(*table, "host", *origin.mutable_host()));
    RETURN_IF_ERROR(ReadString(*table, "address", *origin.mutable_address()));
    RETURN_IF_ERROR(ReadString(*table, "place", *origin.mutable_place()));
    if (origin.host().empty()) return Error(item, "an origin needs a 'host', e.g. \"api.example\"");
    if (origin.host().find_first_of("/: ") != std::string::npos) {
      return Error(item, "origin host '{}' must be a bare host name", origin.host());
    }
    for (char& c : *origin.mutable_host()) c = static_cast<char>(std::tolower(c & 0xff));
    if (!SocketAddress::Parse(origin.address()).ok()) {
      return Error(item, "origin '{}' needs an 'address' like \"127.0.0.1:9000\"", origin.host());
    }
    for (const v1::Origin& other : out.origins) {
      if (other.host() == origin.host()) {
        return Error(item, "origin '{}' is declared twice", origin.host());
      }
    }
    out.origins.push_back(std::move(origin));
  }
  return absl::OkStatus();
}

absl::Status Reader::ReadLimits(const toml::table& limits, Manifest& out) {
  static const std::string known[] = {"cpu_ms", "startup_cpu_ms", "heap_mib", "subrequests"};
  RETURN_IF_ERROR(CheckKeys(limits, "in [limits]", known));
  uint64_t cpu_ms = 0, startup_cpu_ms = 0, heap_mib = 0, subrequests = 0;
  RETURN_IF_ERROR(ReadUint(limits, "cpu_ms", 300'000, cpu_ms));
  RETURN_IF_ERROR(ReadUint(limits, "startup_cpu_ms", 10'000, startup_cpu_ms));
  RETURN_IF_ERROR(ReadUint(limits, "heap_mib", 1024, heap_mib));
  RETURN_IF_ERROR(ReadUint(limits, "subrequests", 10'000, subrequests));
  out.limits.set_cpu_ms(static_cast<uint32_t>(cpu_ms));
  out.limits.set_startup_cpu_ms(static_cast<uint32_t>(startup_cpu_ms));
  out.limits.set_heap_bytes(heap_mib * kMiB);
  out.limits.set_subrequests(static_cast<uint32_t>(subrequests));
  return absl::OkStatus();
}

bool IsDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i != 4 && i != 7 && !std::isdigit(static_cast<unsigned char>(text[i]))) return false;
  }
  return true;
}

absl::Status Reader::ReadRoot(const toml::table& root, Manifest& out) {
  static const std::string known[] = {"name",
                                      "main",
                                      "routes",
                                      "vars",
                                      "services",
                                      "origins",
                                      "limits",
                                      "compatibility_date",
                                      "compatibility_flags"};
  RETURN_IF_ERROR(CheckKeys(root, "at the top level", known));
  RETURN_IF_ERROR(ReadString(root, "name", out.name));
  if (const toml::node* node = root.get("name")) {
    if (absl::Status s = CheckScriptName(out.name); !s.ok()) return Error(*node, "{}", Message(s));
  }
  RETURN_IF_ERROR(ReadString(root, "main", out.main_module));
  RETURN_IF_ERROR(ReadStrings(root, "routes", limits_.routes_max, out.routes));
  for (const std::string& route : out.routes) {
    if (absl::Status s = CheckRoutePattern(route); !s.ok()) {
      return Error(*root.get("routes"), "{}", Message(s));
    }
  }
  RETURN_IF_ERROR(ReadString(root, "compatibility_date", out.compatibility_date));
  if (const toml::node* node = root.get("compatibility_date");
      node && !IsDate(out.compatibility_date)) {
    return Error(*node, "'compatibility_date' must look like \"2026-01-31\"");
  }
  RETURN_IF_ERROR(ReadStrings(root, "compatibility_flags", 64, out.compatibility_flags));
  ASSIGN_OR_RETURN(const toml::table* vars, Section(root, "vars"));
  if (vars != nullptr) RETURN_IF_ERROR(ReadVars(*vars, out));
  ASSIGN_OR_RETURN(const toml::table* services, Section(root, "services"));
  if (services != nullptr) RETURN_IF_ERROR(ReadServices(*services, out));
  RETURN_IF_ERROR(ReadOrigins(root, out));
  ASSIGN_OR_RETURN(const toml::table* limits, Section(root, "limits"));
  if (limits != nullptr) RETURN_IF_ERROR(ReadLimits(*limits, out));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Manifest> ParseManifest(std::string_view text, std::string_view file_name,
                                       const ManifestLimits& limits) {
  if (text.size() > limits.file_bytes_max) {
    return ResourceExhausted("{}: larger than {} bytes", file_name, limits.file_bytes_max);
  }
  toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::source_position at = parsed.error().source().begin;
    return InvalidArgument("{}:{}:{}: {}", file_name, at.line, at.column,
                           parsed.error().description());
  }
  Manifest manifest;
  RETURN_IF_ERROR(Reader(file_name, limits).ReadRoot(parsed.table(), manifest));
  return manifest;
}

absl::Status CheckScriptName(std::string_view name) {
  auto fine = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (name.empty() || name.size() > 63 || name.front() == '-' || name.back() == '-' ||
      !std::all_of(name.begin(), name.end(), fine)) {
    return InvalidArgument(
        "'{}' is not a script name: 1 to 63 characters of a-z, 0-9 and inner '-'",
        name.substr(0, 80));
  }
  return absl::OkStatus();
}

absl::Status CheckRoutePattern(std::string_view pattern) {
  const auto refuse = [&](std::string_view why) {
    return InvalidArgument("route '{}': {}, e.g. \"hello.edge.test/*\"", pattern.substr(0, 300),
                           why);
  };
  if (pattern.size() > 1024) return refuse("is longer than 1024 bytes");
  if (pattern.find("://") != std::string_view::npos) return refuse("must not name a scheme");
  const size_t slash = pattern.find('/');
  if (slash == std::string_view::npos) return refuse("needs a path after the host");
  std::string_view host = pattern.substr(0, slash);
  const std::string_view path = pattern.substr(slash);
  if (host.empty()) return refuse("needs a host before the path");
  if (host != "*") {
    if (host.starts_with("*.")) host.remove_prefix(2);
    auto fine = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.';
    };
    if (host.empty() || host.size() > 253 || !std::all_of(host.begin(), host.end(), fine)) {
      return refuse("needs a host name without port, \"*.\" before one, or \"*\"");
    }
  }
  const size_t star = path.find('*');
  if (star != std::string_view::npos && star + 1 != path.size()) {
    return refuse("may have '*' only at the end of its path");
  }
  for (char c : path) {
    if (c <= ' ' || c == 0x7f || c == '?' || c == '#') {
      return refuse("has a path with a space, '?' or '#'");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckBindingName(std::string_view name) {
  auto head = [](char c) {
    return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || c == '$';
  };
  auto tail = [&](char c) { return head(c) || std::isdigit(static_cast<unsigned char>(c)); };
  if (name.empty() || name.size() > 128 || !head(name.front()) ||
      !std::all_of(name.begin(), name.end(), tail)) {
    return InvalidArgument("'{}' is not a name for env: use letters, digits, '_' and '$'",
                           name.substr(0, 80));
  }
  return absl::OkStatus();
}

}  // namespace terrella::bundle
