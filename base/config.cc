#include "base/config.h"

#include <algorithm>

#include "base/duration.h"
#include "base/status.h"
#include "base/suggest.h"

namespace terrella {

struct ConfigFile::Impl {
  std::string name;
  ConfigNode tree;
  bool toml = true;  // else JSON
  absl::Status error;

  std::string Where(const ConfigPlace& at) const {
    return fmt::format("{}:{}:{}", name, at.line, at.column);
  }
  void Fail(const ConfigPlace& at, std::string_view message) {
    if (error.ok()) error = InvalidArgument("{}: {}", Where(at), message);
  }
};

namespace {

ConfigFile::Impl& FileOf(void* file) {
  return *static_cast<ConfigFile::Impl*>(file);
}

// Of the member's value, or of the table when it has no such member.
const ConfigPlace& PlaceOf(const ConfigNode& table, std::string_view key) {
  const ConfigMember* member = table.Find(key);
  return member == nullptr ? table.place : member->value.place;
}

}  // namespace

std::optional<std::string> ConfigValue::AsString() const {
  if (node_->kind != ConfigNode::Kind::kString) return std::nullopt;
  return node_->text;
}

std::optional<ConfigTable> ConfigValue::AsTable() const {
  if (node_->kind != ConfigNode::Kind::kTable) return std::nullopt;
  return ConfigTable(file_, node_);
}

void ConfigValue::Fail(std::string_view message) const {
  FileOf(file_).Fail(node_->place, message);
}

std::string ConfigValue::Where() const {
  return FileOf(file_).Where(node_->place);
}

const ConfigNode* ConfigTable::Find(std::string_view key) {
  asked_.emplace_back(key);
  const ConfigMember* member = table_->Find(key);
  return member == nullptr ? nullptr : &member->value;
}

const ConfigNode* ConfigTable::Find(std::string_view key, ConfigNode::Kind kind,
                                    std::string_view expected) {
  const ConfigNode* node = Find(key);
  if (node == nullptr || node->kind == kind) return node;
  Fail(key, fmt::format("'{}' is {}; expected {}", key, node->KindName(), expected));
  return nullptr;
}

std::optional<std::string> ConfigTable::String(std::string_view key, size_t bytes_max) {
  const ConfigNode* node = Find(key, ConfigNode::Kind::kString, "a string");
  if (node == nullptr) return std::nullopt;
  if (node->text.size() > bytes_max) {
    Fail(key, fmt::format("'{}' is longer than {} bytes", key, bytes_max));
    return std::nullopt;
  }
  return node->text;
}

std::optional<int64_t> ConfigTable::Integer(std::string_view key, int64_t min, int64_t max) {
  const ConfigNode* node = Find(key, ConfigNode::Kind::kInteger, "an integer");
  if (node == nullptr) return std::nullopt;
  if (node->integer < min || node->integer > max) {
    Fail(key, fmt::format("'{}' is {}; expected {} to {}", key, node->integer, min, max));
    return std::nullopt;
  }
  return node->integer;
}

std::optional<double> ConfigTable::Number(std::string_view key, double min, double max) {
  const ConfigNode* node = Find(key);
  if (node == nullptr) return std::nullopt;
  if (node->kind != ConfigNode::Kind::kInteger && node->kind != ConfigNode::Kind::kNumber) {
    Fail(key, fmt::format("'{}' is {}; expected a number", key, node->KindName()));
    return std::nullopt;
  }
  if (!(node->number >= min && node->number <= max)) {
    Fail(key, fmt::format("'{}' is {}; expected {} to {}", key, node->number, min, max));
    return std::nullopt;
  }
  return node->number;
}

std::optional<bool> ConfigTable::Boolean(std::string_view key) {
  const ConfigNode* node = Find(key, ConfigNode::Kind::kBoolean, "true or false");
  if (node == nullptr) return std::nullopt;
  return node->boolean;
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
  const ConfigNode* node = Find(key);
  if (node == nullptr) return std::nullopt;
  std::string json = ToJson(*node);
  if (json.size() > bytes_max) {
    Fail(key, fmt::format("'{}' is longer than {} bytes", key, bytes_max));
    return std::nullopt;
  }
  return json;
}

bool ConfigTable::IsString(std::string_view key) const {
  const ConfigMember* member = table_->Find(key);
  return member != nullptr && member->value.kind == ConfigNode::Kind::kString;
}

std::optional<ConfigTable> ConfigTable::Table(std::string_view key) {
  const ConfigNode* node = Find(key, ConfigNode::Kind::kTable, "a table");
  if (node == nullptr) return std::nullopt;
  return ConfigTable(file_, node);
}

std::vector<ConfigValue> ConfigTable::List(std::string_view key, size_t count_max) {
  std::vector<ConfigValue> out;
  const ConfigNode* node = Find(key);
  if (node == nullptr) return out;
  if (node->kind != ConfigNode::Kind::kList) {
    out.push_back(ConfigValue(file_, node));
    return out;
  }
  if (node->list.size() > count_max) {
    Fail(key, fmt::format("'{}' has {} values; at most {}", key, node->list.size(), count_max));
    return out;
  }
  for (const ConfigNode& element : node->list) out.push_back(ConfigValue(file_, &element));
  return out;
}

std::vector<ConfigTable> ConfigTable::Tables(std::string_view key, size_t count_max) {
  std::vector<ConfigTable> out;
  for (const ConfigValue& value : List(key, count_max)) {
    if (std::optional<ConfigTable> table = value.AsTable()) {
      out.push_back(*std::move(table));
    } else {
      value.Fail(
          fmt::format("'{}' holds {}; expected {}", key, value.node_->KindName(),
                      FileOf(file_).toml ? fmt::format("tables, written [[{}]]", key) : "objects"));
    }
  }
  return out;
}

bool ConfigTable::Has(std::string_view key) const {
  return table_->Find(key) != nullptr;
}

std::vector<std::string> ConfigTable::Keys() const {
  std::vector<std::string> out;
  for (const ConfigMember& member : table_->members) out.push_back(member.name);
  return out;
}

std::vector<std::string> ConfigTable::UnaskedKeys() const {
  std::vector<std::string> out = Keys();
  std::erase_if(out, [&](const std::string& key) {
    return std::find(asked_.begin(), asked_.end(), key) != asked_.end();
  });
  return out;
}

std::string ConfigTable::Nearest(std::string_view key) const {
  return Suggest(key, asked_);
}

void ConfigTable::Fail(std::string_view key, std::string_view message) const {
  FileOf(file_).Fail(PlaceOf(*table_, key), message);
}

void ConfigTable::RefuseUnknownKeys() const {
  for (const std::string& key : UnaskedKeys()) {
    const std::string near = Nearest(key);
    FileOf(file_).Fail(table_->Find(key)->place,
                       near.empty()
                           ? fmt::format("unknown key '{}'", key)
                           : fmt::format("unknown key '{}'; did you mean '{}'?", key, near));
  }
}

std::string ConfigTable::Where(std::string_view key) const {
  return FileOf(file_).Where(PlaceOf(*table_, key));
}

std::string ConfigTable::WhereKey(std::string_view key) const {
  const ConfigMember* member = table_->Find(key);
  return FileOf(file_).Where(member == nullptr ? table_->place : member->place);
}

ConfigFile::ConfigFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ConfigFile::ConfigFile(ConfigFile&&) noexcept = default;
ConfigFile& ConfigFile::operator=(ConfigFile&&) noexcept = default;
ConfigFile::~ConfigFile() = default;

absl::StatusOr<ConfigFile> ConfigFile::Parse(std::string_view text, std::string_view name) {
  ASSIGN_OR_RETURN(ConfigNode tree, ParseToml(text, name));
  return ConfigFile(std::make_unique<Impl>(
      Impl{.name = std::string(name), .tree = std::move(tree), .toml = true, .error = {}}));
}

absl::StatusOr<ConfigFile> ConfigFile::ParseJson(std::string_view text, std::string_view name) {
  ASSIGN_OR_RETURN(ConfigNode tree, ParseJsonc(text, name));
  if (tree.kind != ConfigNode::Kind::kTable) {
    return InvalidArgument("{}:{}:{}: the file is {}; expected an object", name, tree.place.line,
                           tree.place.column, tree.KindName());
  }
  return ConfigFile(std::make_unique<Impl>(
      Impl{.name = std::string(name), .tree = std::move(tree), .toml = false, .error = {}}));
}

ConfigTable ConfigFile::root() {
  return ConfigTable(impl_.get(), &impl_->tree);
}

absl::Status ConfigFile::status() const {
  return impl_->error;
}

}  // namespace terrella
