#include "rpc/tls_files.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/status.h"

namespace terrella::rpc {

absl::Status TlsFiles::Check(std::string_view flag) const {
  if (empty()) return absl::OkStatus();
  if (certificates.empty())
    return InvalidArgument("{} is needed beside its key and authority", flag);
  for (const std::filesystem::path& path : {certificates, key, authority}) {
    if (access(path.c_str(), R_OK) != 0) {
      return NotFound("cannot read {}: {}", path.string(), strerror(errno));
    }
  }
  return absl::OkStatus();
}

}  // namespace terrella::rpc
