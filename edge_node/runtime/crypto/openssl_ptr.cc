#include "edge_node/runtime/crypto/openssl_ptr.h"

#include "base/status.h"

namespace terrella::runtime {

absl::Status OpenSslFailure(std::string_view what) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  absl::Status status = reason == nullptr ? FailedPrecondition("{} failed", what)
                                          : FailedPrecondition("{} failed: {}", what, reason);
  ERR_clear_error();
  return status;
}

}  // namespace terrella::runtime
