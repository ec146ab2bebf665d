// FieldList: walks a comma-separated list of a field value (RFC 9110 section 5.6.1), quoted strings
// and arguments ("name=token", "name=\"quoted, text\"") included.
//
// It reads what peers send, not what they should send: an element that is no token is handed out as
// it stands, empty elements are skipped, a quote that never closes ends with the value.
//
// Thread: any.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ascii.h"

namespace terrella::cache {

class FieldList {
 public:
  struct Item {
    std::string_view text;                     // up to the '=', trimmed
    std::optional<std::string_view> argument;  // what follows it, without quotes and escapes
    std::string_view whole;                    // the element as it stands, trimmed
  };

  // `value` outlives the list.
  explicit FieldList(std::string_view value) : rest_(value) {}

  // Valid until the next call.
  std::optional<Item> Next();

 private:
  // Up to the comma that ends the element.
  std::string_view TakeElement();

  std::string_view rest_;
  std::string unquoted_;
};

}  // namespace terrella::cache
