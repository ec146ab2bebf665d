#include "base/config_node.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace terrella {
namespace {

void AppendQuoted(std::string& out, const std::string& text) {
  out += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void Append(std::string& out, const ConfigNode& node) {
  switch (node.kind) {
    case ConfigNode::Kind::kNull:
      out += "null";
      return;
    case ConfigNode::Kind::kString:
    case ConfigNode::Kind::kDate:
      return AppendQuoted(out, node.text);
    case ConfigNode::Kind::kInteger:
      out += fmt::format("{}", node.integer);
      return;
    case ConfigNode::Kind::kNumber:
      if (node.number == 0) {
        out += std::signbit(node.number) ? "-0.0" : "0";
      } else if (std::isfinite(node.number)) {
        out += fmt::format("{}", node.number);
      } else {
        AppendQuoted(out, fmt::format("{}", node.number));
      }
      return;
    case ConfigNode::Kind::kBoolean:
      out += node.boolean ? "true" : "false";
      return;
    case ConfigNode::Kind::kList:
      out += '[';
      for (const ConfigNode& element : node.list) {
        if (&element != &node.list.front()) out += ',';
        Append(out, element);
      }
      out += ']';
      return;
    case ConfigNode::Kind::kTable:
      out += '{';
      for (const ConfigMember& member : node.members) {
        if (&member != &node.members.front()) out += ',';
        AppendQuoted(out, member.name);
        out += ':';
        Append(out, member.value);
      }
      out += '}';
      return;
  }
}

}  // namespace

const ConfigMember* ConfigNode::Find(std::string_view name) const {
  auto found = std::lower_bound(
      members.begin(), members.end(), name,
      [](const ConfigMember& member, std::string_view wanted) { return member.name < wanted; });
  return found != members.end() && found->name == name ? &*found : nullptr;
}

std::string_view ConfigNode::KindName() const {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kString:
      return "a string";
    case Kind::kInteger:
      return "an integer";
    case Kind::kNumber:
      return "a number";
    case Kind::kBoolean:
      return "true or false";
    case Kind::kDate:
      return "a date or time";
    case Kind::kList:
      return "a list";
    case Kind::kTable:
      return "a table";
  }
  return "nothing";
}

std::string ToJson(const ConfigNode& node) {
  std::string out;
  Append(out, node);
  return out;
}

}  // namespace terrella
