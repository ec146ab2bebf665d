#include "base/key_file.h"

#include <sys/stat.h>

#include "base/file.h"
#include "base/random.h"
#include "base/status.h"

namespace terrella {

absl::StatusOr<std::string> OpenKeyFile(const std::filesystem::path& file, size_t bytes) {
  absl::StatusOr<std::string> key = ReadFile(file, bytes);
  if (absl::IsNotFound(key.status())) {
    std::string fresh = RandomBytes(bytes);
    RETURN_IF_ERROR(WriteFileAtomic(file, fresh, /*private_to_user=*/true));
    return fresh;
  }
  if (!key.ok() || key->size() != bytes) {
    return DataLoss("{} is no key of {} bytes; without it the secrets cannot be read",
                    file.string(), bytes);
  }
  struct stat facts {};
  if (stat(file.c_str(), &facts) != 0 || (facts.st_mode & 077) != 0) {
    return FailedPrecondition("{} may be read by others: chmod 600 it", file.string());
  }
  return key;
}

}  // namespace terrella
