#include "edge_node/runtime/encoding/icu_converter.h"

#include "base/check.h"

namespace terrella::runtime {

IcuConverter OpenIcuConverter(const char* name) {
  UErrorCode error = U_ZERO_ERROR;
  IcuConverter converter(ucnv_open(name, &error));
  CHECK(U_SUCCESS(error));  // the names are ours, and a test opens each
  return converter;
}

char16_t DecodeCharacter(UConverter* converter, std::string_view bytes) {
  constexpr char16_t kReplacement = 0xFFFD;
  UChar target[4];
  UErrorCode error = U_ZERO_ERROR;
  const int32_t length =
      ucnv_toUChars(converter, target, 4, bytes.data(), static_cast<int32_t>(bytes.size()), &error);
  return U_SUCCESS(error) && length == 1 ? target[0] : kReplacement;
}

}  // namespace terrella::runtime
