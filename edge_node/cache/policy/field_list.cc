#include "edge_node/cache/policy/field_list.h"

namespace terrella::cache {

std::string_view FieldList::TakeElement() {
  bool quoted = false;
  size_t end = 0;
  for (; end < rest_.size(); ++end) {
    const char c = rest_[end];
    if (quoted && c == '\\') {
      ++end;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      break;
    }
  }
  const std::string_view element = rest_.substr(0, end);
  rest_.remove_prefix(std::min(rest_.size(), element.size() + 1));
  return Trim(element);
}

std::optional<FieldList::Item> FieldList::Next() {
  std::string_view element;
  do {
    if (rest_.empty()) return std::nullopt;
    element = TakeElement();
  } while (element.empty());
  Item item{.text = element, .argument = std::nullopt, .whole = element};
  const size_t equals = element.find_first_of("=\"");
  if (equals == std::string_view::npos || element[equals] != '=') return item;
  item.text = Trim(element.substr(0, equals));
  std::string_view argument = Trim(element.substr(equals + 1));
  if (!argument.starts_with('"')) {
    item.argument = argument;
    return item;
  }
  unquoted_.clear();
  for (size_t i = 1; i < argument.size() && argument[i] != '"'; ++i) {
    if (argument[i] == '\\' && i + 1 < argument.size()) ++i;
    unquoted_ += argument[i];
  }
  item.argument = unquoted_;
  return item;
}

}  // namespace terrella::cache
