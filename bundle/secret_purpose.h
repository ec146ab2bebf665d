// What a sealed secret is bound to: moved to another script or name it does not open.
#pragma once

#include <string>
#include <string_view>

namespace terrella::bundle {

// "secret/hello/TOKEN".
inline std::string SecretPurpose(std::string_view script, std::string_view name) {
  std::string purpose = "secret/";
  purpose.append(script).append("/").append(name);
  return purpose;
}

}  // namespace terrella::bundle
