#include "base/config.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <sstream>

#include "base/duration.h"
#include "base/status.h"
#include "base/suggest.h"

namespace terrella {

struct ConfigFile::Impl {
  std::string name;
  toml::table table;
  absl::Status error;

  std::string Where(const toml::source_region& at) const {
    return fmt::format("{}:{}:{}", name, at.begin.line, at.begin.column);
  }
  void Fail(const toml::source_region& at, std::string_view message) {
    if (error.ok()) error = InvalidArgument("{}: {}", Where(at), message);
  }
};

namespace {

ConfigFile::Impl& FileOf(void* file) {
  return *static_cast<ConfigFile::Impl*>(file);
}
const toml::table& TableOf(const void* table) {
  return *static_cast<const toml::table*>(table);
}
const toml::node& NodeOf(const void* node) {
  return *static_cast<const toml::node*>(node);
}

std::string_view TypeName(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::table:
      return "a table";
    default:
      return "a date or time";
  }
}

}  // namespace

std::optional<std::string> ConfigValue::AsString() const {
  return NodeOf(node_).value_exact<std::string>();
}

std::optional<ConfigTable> ConfigValue::AsTable() const {
  if (!NodeOf(node_).is_table()) return std::nullopt;
  return ConfigTable(file_, NodeOf(node_).as_table());
}

void ConfigValue::Fail(std::string_view message) const {
  FileOf(file_).Fail(NodeOf(node_).source(), message);
}

const void* ConfigTable::Find(std::string_view key) {
  asked_.emplace_back(key);
  return TableOf(table_).get(key);
}

std::optional<std::string> ConfigTable::String(std::string_view key, size_t bytes_max) {
  const void* node = Find(key);
  if (node == nullptr) return std::nullopt;
  auto value = NodeOf(node).value_exact<std::string>();
  if (!value) {
    Fail(key, fmt::format("'{}' is {}; expected a string", key, TypeName(NodeOf(node))));
  } else if (value->size() > bytes_max) {
    Fail(key, fmt::format("'{}' is longer than {} bytes", key, bytes_max));
    return std::nullopt;
  }
  return value;
}

std::optional<int64_t> ConfigTable::Integer(std::string_view key, int64_t min, int64_t max) {
  const void* node = Find(key);
  if (node == nullptr) return std::nullopt;
  auto value = NodeOf(node).value_exact<int64_t>();
  if (!value || *value < min || *value > max) {
    Fail(key, value ? fmt::format("'{}' is {}; expected {} to {}", key, *value, min, max)
                    : fmt::format("'{}' is {}; expected an integer", key, TypeName(NodeOf(node))));
    return std::nullopt;
  }
  return value;
}

std::optional<double> ConfigTable::Number(std::string_view key, double min, double max) {
  const void* node = Find(key);
  if (node == nullptr) return std::nullopt;
  std::optional<double> value;
  if (NodeOf(node).is_number()) value = NodeOf(node).value<double>();
  if (!value || !(*value >= min && *value <= max)) {
    Fail(key, value ? fmt::format("'{}' is {}; expected {} to {}", key, *value, min, max)
                    : fmt::format("'{}' is {}; expected a number", key, TypeName(NodeOf(node))));
    return std::nullopt;
  }
  return value;
}

std::optional<bool> ConfigTable::Boolean(std::string_view key) {
  const void* node = Find(key);
  if (node == nullptr) return std::nullopt;
  auto value = NodeOf(node).value_exact<bool>();
  if (!value)
    Fail(key, fmt::format("'{}' is {}; expected true or false", key, TypeName(NodeOf(node))));
  return value;
}

std::optional<Duration> ConfigTable::DurationOf(std::string_view key, Duration min, Duration max) {
  std::optional<std::string> text = String(key);
  if (!text) return std::nullopt;
  absl::StatusOr<Duration> value = ParseDuration(*text);
  if (!value.ok()) {
    Fail(key, fmt::format("'{}': {}", key, Message(value.status())));
    return std::nullopt;
  }
  if (*value < min || *value > max) {
    Fail(key, fmt::format("'{}' is {}; expected {} ms to {} ms", key, *text, ToMs(min), ToMs(max)));
    return std::nullopt;
  }
  return *value;
}

std::optional<std::string> ConfigTable::Json(std::string_view key, size_t bytes_max) {
  const void* node = Find(key);
  if (node == nullptr) return std::nullopt;
  std::ostringstream out;
  out << toml::json_formatter(NodeOf(node));
  if (out.str().size() > bytes_max) {
    Fail(key, fmt::format("'{}' is longer than {} bytes", key, bytes_max));
    return std::nullopt;
  }
  return out.str();
}

bool ConfigTable::IsString(std::string_view key) const {
  const toml::node* node = TableOf(table_).get(key);
  return node != nullptr && node->is_string();
}

std::optional<ConfigTable> ConfigTable::Table(std::string_view key) {
  const void* node = Find(key);
  if (node == nullptr) return std::nullopt;
  if (!NodeOf(node).is_table()) {
    Fail(key, fmt::format("'{}' is {}; expected a table", key, TypeName(NodeOf(node))));
    return std::nullopt;
  }
  return ConfigTable(file_, NodeOf(node).as_table());
}

std::vector<ConfigValue> ConfigTable::List(std::string_view key, size_t count_max) {
  std::vector<ConfigValue> out;
  const void* node = Find(key);
  if (node == nullptr) return out;
  const toml::array* array = NodeOf(node).as_array();
  if (array == nullptr) {
    out.push_back(ConfigValue(file_, &NodeOf(node)));
    return out;
  }
  if (array->size() > count_max) {
    Fail(key, fmt::format("'{}' has {} values; at most {}", key, array->size(), count_max));
    return out;
  }
  for (const toml::node& element : *array) out.push_back(ConfigValue(file_, &element));
  return out;
}

std::vector<ConfigTable> ConfigTable::Tables(std::string_view key, size_t count_max) {
  std::vector<ConfigTable> out;
  for (const ConfigValue& value : List(key, count_max)) {
    if (std::optional<ConfigTable> table = value.AsTable()) {
      out.push_back(*std::move(table));
    } else {
      value.Fail(fmt::format("'{}' holds {}; expected tables, written [[{}]]", key,
                             TypeName(NodeOf(value.node_)), key));
    }
  }
  return out;
}

bool ConfigTable::Has(std::string_view key) const {
  return TableOf(table_).contains(key);
}

std::vector<std::string> ConfigTable::Keys() const {
  std::vector<std::string> out;
  for (const auto& [key, value] : TableOf(table_)) out.emplace_back(key.str());
  return out;
}

void ConfigTable::Fail(std::string_view key, std::string_view message) const {
  const toml::node* node = TableOf(table_).get(key);
  FileOf(file_).Fail(node != nullptr ? node->source() : TableOf(table_).source(), message);
}

void ConfigTable::RefuseUnknownKeys() const {
  for (const auto& [key, value] : TableOf(table_)) {
    if (std::find(asked_.begin(), asked_.end(), key.str()) != asked_.end()) continue;
    std::string near = Suggest(key.str(), asked_);
    FileOf(file_).Fail(key.source(),
                       near.empty()
                           ? fmt::format("unknown key '{}'", key.str())
                           : fmt::format("unknown key '{}'; did you mean '{}'?", key.str(), near));
    return;
  }
}

std::string ConfigTable::Where(std::string_view key) const {
  const toml::node* node = TableOf(table_).get(key);
  return FileOf(file_).Where(node != nullptr ? node->source() : TableOf(table_).source());
}

ConfigFile::ConfigFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ConfigFile::ConfigFile(ConfigFile&&) noexcept = default;
ConfigFile& ConfigFile::operator=(ConfigFile&&) noexcept = default;
ConfigFile::~ConfigFile() = default;

absl::StatusOr<ConfigFile> ConfigFile::Parse(std::string_view text, std::string_view name) {
  toml::parse_result parsed = toml::parse(text, name);
  if (!parsed) {
    const toml::source_position& at = parsed.error().source().begin;
    return InvalidArgument("{}:{}:{}: {}", name, at.line, at.column, parsed.error().description());
  }
  auto impl = std::make_unique<Impl>();
  impl->name = std::string(name);
  impl->table = std::move(parsed).table();
  return ConfigFile(std::move(impl));
}

ConfigTable ConfigFile::root() {
  return ConfigTable(impl_.get(), &impl_->table);
}

absl::Status ConfigFile::status() const {
  return impl_->error;
}

}  // namespace terrella
