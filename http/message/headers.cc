#include "http/message/headers.h"

#include <algorithm>

namespace terrella::http {
namespace {

constexpr char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

}  // namespace

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && Lower(a[i]) != Lower(b[i])) return false;
  }
  return true;
}

void Headers::Append(std::string_view name, std::string_view value) {
  fields_.push_back({std::string(name), std::string(value)});
}

void Headers::Set(std::string_view name, std::string_view value) {
  auto matches = [name](const Field& field) { return EqualsIgnoreCase(field.name, name); };
  auto first = std::find_if(fields_.begin(), fields_.end(), matches);
  if (first == fields_.end()) {
    Append(name, value);
    return;
  }
  *first = {std::string(name), std::string(value)};
  fields_.erase(std::remove_if(first + 1, fields_.end(), matches), fields_.end());
}

size_t Headers::Remove(std::string_view name) {
  return std::erase_if(fields_,
                       [name](const Field& field) { return EqualsIgnoreCase(field.name, name); });
}

std::optional<std::string_view> Headers::Find(std::string_view name) const {
  for (const Field& field : fields_) {
    if (EqualsIgnoreCase(field.name, name)) return field.value;
  }
  return std::nullopt;
}

size_t Headers::Count(std::string_view name) const {
  return static_cast<size_t>(
      std::count_if(fields_.begin(), fields_.end(),
                    [name](const Field& field) { return EqualsIgnoreCase(field.name, name); }));
}

std::optional<std::string> Headers::Combined(std::string_view name) const {
  std::optional<std::string> out;
  for (const Field& field : fields_) {
    if (!EqualsIgnoreCase(field.name, name)) continue;
    if (out) {
      out->append(", ").append(field.value);
    } else {
      out = field.value;
    }
  }
  return out;
}

}  // namespace terrella::http
