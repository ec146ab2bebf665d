// IcuConverter: an open ICU converter, closed when it goes.
//
// Thread: one.
#pragma once

#include <unicode/ucnv.h>

#include <memory>
#include <string_view>

namespace terrella::runtime {

struct CloseIcuConverter {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using IcuConverter = std::unique_ptr<UConverter, CloseIcuConverter>;

// Requires: a name that ICU knows.
IcuConverter OpenIcuConverter(const char* name);
// The one code unit that a whole character becomes; U+FFFD when it becomes anything else.
char16_t DecodeCharacter(UConverter* converter, std::string_view bytes);

}  // namespace terrella::runtime
