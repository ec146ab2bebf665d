// Headers: an ordered list of header fields, as they stand on the wire.
//
// Names keep their spelling and compare without case (RFC 9110 section 5.1). Several fields may
// share a name; order is kept. Plain data: the values of one message, a few dozen at most, so a
// linear search beats a map. What a valid name or value is, is the codec's business.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace terrella::http {

// ASCII case-insensitive equality.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

class Headers {
 public:
  struct Field {
    std::string name;
    std::string value;
    bool operator==(const Field&) const = default;
  };

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  void Append(std::string_view name, std::string_view value);
  // Replaces every field of that name by one, at the place of the first.
  void Set(std::string_view name, std::string_view value);
  // Returns how many fields went.
  size_t Remove(std::string_view name);

  // The first field of that name.
  std::optional<std::string_view> Find(std::string_view name) const;
  bool Has(std::string_view name) const { return Find(name).has_value(); }
  size_t Count(std::string_view name) const;
  // All values of that name joined with ", " (RFC 9110 section 5.3); nothing when there is no such
  // field.
  std::optional<std::string> Combined(std::string_view name) const;

  const std::vector<Field>& fields() const { return fields_; }
  bool empty() const { return fields_.empty(); }
  size_t size() const { return fields_.size(); }
  void Clear() { fields_.clear(); }
  void Reserve(size_t count) { fields_.reserve(count); }

 private:
  std::vector<Field> fields_;
};

}  // namespace terrella::http
