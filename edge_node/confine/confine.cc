#include "edge_node/confine/confine.h"

#include <sys/prctl.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/status.h"
#include "edge_node/confine/landlock.h"
#include "edge_node/confine/seccomp.h"

namespace terrella::edge {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

absl::Status MakeFolders(const std::vector<std::filesystem::path>& folders) {
  for (const std::filesystem::path& folder : folders) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return Internal("cannot make {}: {}", folder.string(), error.message());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> None(ConfineMode mode, std::string_view why) {
  if (mode == ConfineMode::kRequire) return FailedPrecondition("cannot be confined: {}", why);
  return fmt::format("nothing ({})", why);
}

}  // namespace

absl::StatusOr<std::string> Confine(ConfineMode mode, const Reach& reach) {
  RETURN_IF_ERROR(MakeFolders(reach.write));
  if (mode == ConfineMode::kOff) return "nothing (--confine=off)";
  if (kSanitized) return None(mode, "built with a sanitizer, which needs more");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return None(mode, fmt::format("no_new_privs: {}", std::strerror(errno)));
  }
  const absl::StatusOr<int> abi = RestrictByLandlock(reach);
  const absl::Status calls = FilterSystemCalls();
  if (calls.ok() && abi.ok()) return fmt::format("seccomp and Landlock (ABI {})", *abi);
  std::string text = calls.ok() ? fmt::format("seccomp; no Landlock ({})", Message(abi.status()))
                     : abi.ok()
                         ? fmt::format("Landlock (ABI {}); no seccomp ({})", *abi, Message(calls))
                         : fmt::format("no_new_privs; no Landlock ({}), no seccomp ({})",
                                       Message(abi.status()), Message(calls));
  if (mode == ConfineMode::kRequire) return FailedPrecondition("confined only by {}", text);
  return text;
}

}  // namespace terrella::edge
