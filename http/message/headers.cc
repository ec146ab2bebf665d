#include "http/message/headers.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"

namespace terrella::http {
namespace {

// What a list makes room for at first: more than most messages need.
constexpr size_t kFieldsMin = 12;
constexpr size_t kTextBytesMin = 384;

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

Headers::Headers(std::initializer_list<Field> fields) {
  for (const Field& field : fields) Append(field.name, field.value);
}

void Headers::Reserve(size_t count, size_t bytes) {
  spans_.reserve(count);
  text_.reserve(bytes);
}

void Headers::Clear() {
  spans_.clear();
  text_.clear();
}

// Name or value may be views into text_.
Headers::Span Headers::Store(std::string_view name, std::string_view value) {
  const size_t begin = text_.size();
  const size_t end = begin + name.size() + value.size();
  CHECK(end <= std::numeric_limits<uint32_t>::max());
  if (end <= text_.capacity()) {
    text_.append(name).append(value);
  } else {
    std::string grown;
    grown.reserve(std::max(2 * end, kTextBytesMin));
    grown.append(text_).append(name).append(value);
    text_ = std::move(grown);
  }
  return {static_cast<uint32_t>(begin), static_cast<uint32_t>(name.size()),
          static_cast<uint32_t>(value.size())};
}

void Headers::Append(std::string_view name, std::string_view value) {
  if (spans_.empty()) spans_.reserve(kFieldsMin);
  spans_.push_back(Store(name, value));
}

void Headers::Set(std::string_view name, std::string_view value) {
  auto matches = [&](const Span& span) { return EqualsIgnoreCase(NameOf(span), name); };
  auto first = std::find_if(spans_.begin(), spans_.end(), matches);
  if (first == spans_.end()) {
    Append(name, value);
    return;
  }
  spans_.erase(std::remove_if(first + 1, spans_.end(), matches), spans_.end());
  *first = Store(name, value);
}

size_t Headers::Remove(std::string_view name) {
  return std::erase_if(spans_,
                       [&](const Span& span) { return EqualsIgnoreCase(NameOf(span), name); });
}

std::optional<std::string_view> Headers::Find(std::string_view name) const {
  for (const Span& span : spans_) {
    if (EqualsIgnoreCase(NameOf(span), name)) return ValueOf(span);
  }
  return std::nullopt;
}

size_t Headers::Count(std::string_view name) const {
  return static_cast<size_t>(std::count_if(spans_.begin(), spans_.end(), [&](const Span& span) {
    return EqualsIgnoreCase(NameOf(span), name);
  }));
}

std::optional<std::string> Headers::Combined(std::string_view name) const {
  std::optional<std::string> out;
  for (const Span& span : spans_) {
    if (!EqualsIgnoreCase(NameOf(span), name)) continue;
    if (out) {
      out->append(", ").append(ValueOf(span));
    } else {
      out = ValueOf(span);
    }
  }
  return out;
}

}  // namespace terrella::http
