#include "edge_node/confine/landlock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/status.h"

namespace terrella::edge {
namespace {

// linux/landlock.h, which Debian 12 has only up to ABI 2. The numbers are the same on all machines.
constexpr long kCreateRuleset = 444, kAddRule = 445, kRestrictSelf = 446;
constexpr uint32_t kCreateRulesetVersion = 1;
constexpr int kRulePathBeneath = 1, kRuleNetPort = 2;

struct RulesetAttr {
  uint64_t handled_access_fs;
  uint64_t handled_access_net;  // ABI 4
  uint64_t scoped;              // ABI 6
};
struct PathBeneathAttr {
  uint64_t allowed_access;
  int32_t parent_fd;
} __attribute__((packed));
struct NetPortAttr {
  uint64_t allowed_access;
  uint64_t port;
};

enum FileRight : uint64_t {
  kExecute = 1 << 0,
  kWriteFile = 1 << 1,
  kReadFile = 1 << 2,
  kReadDir = 1 << 3,
  kRemoveDir = 1 << 4,
  kRemoveFile = 1 << 5,
  kMakeDir = 1 << 7,
  kMakeRegular = 1 << 8,
  kRefer = 1 << 13,     // ABI 2
  kTruncate = 1 << 14,  // ABI 3
  kIoctlDev = 1 << 15,  // ABI 5
};
constexpr uint64_t kAllFileRights = (1 << 16) - 1;
constexpr uint64_t kRightsOfFiles = kExecute | kWriteFile | kReadFile | kTruncate | kIoctlDev;
constexpr uint64_t kRead = kReadFile | kReadDir;
constexpr uint64_t kWrite =
    kRead | kWriteFile | kTruncate | kRemoveDir | kRemoveFile | kMakeDir | kMakeRegular | kRefer;
// A file written beside its place and renamed; the folder is opened to be synced.
constexpr uint64_t kPublish = kReadDir | kWriteFile | kTruncate | kRemoveFile | kMakeRegular;
constexpr uint64_t kBindTcp = 1;
constexpr uint64_t kScopeAbstractUnixSocket = 1, kScopeSignal = 2;

absl::Status KernelSays() {
  return Unavailable("kernel says: {}", std::strerror(errno));
}

// Rights that the kernel of this ABI can take away.
uint64_t RightsOf(int abi) {
  uint64_t rights = kAllFileRights;
  if (abi < 5) rights &= ~kIoctlDev;
  if (abi < 3) rights &= ~kTruncate;
  return rights;
}

// procfs shows one directory entry a thread.
bool IsOneThread() {
  struct stat info {};
  return stat("/proc/self/task", &info) == 0 && info.st_nlink == 3;
}

class Ruleset {
 public:
  Ruleset(int abi, bool ports) : rights_(RightsOf(abi)) {
    RulesetAttr attr{.handled_access_fs = rights_, .handled_access_net = 0, .scoped = 0};
    size_t bytes = sizeof attr.handled_access_fs;
    if (abi >= 4) {
      attr.handled_access_net = ports ? kBindTcp : 0;
      bytes = offsetof(RulesetAttr, scoped);
    }
    if (abi >= 6) {
      attr.scoped = kScopeAbstractUnixSocket | kScopeSignal;
      bytes = sizeof attr;
    }
    fd_ = static_cast<int>(syscall(kCreateRuleset, &attr, bytes, 0));
  }
  ~Ruleset() {
    if (fd_ >= 0) close(fd_);
  }
  Ruleset(const Ruleset&) = delete;
  Ruleset& operator=(const Ruleset&) = delete;

  bool made() const { return fd_ >= 0; }

  // `keep_open`: the rule is about an inode that the kernel makes anew when nobody holds it.
  absl::Status Allow(const std::filesystem::path& path, uint64_t access, bool keep_open = false) {
    const int fd = open(path.empty() ? "." : path.c_str(), O_PATH | O_CLOEXEC);
    if (fd < 0) return absl::OkStatus();  // what is not there is not needed
    struct stat info {};
    PathBeneathAttr attr{.allowed_access = access & rights_, .parent_fd = fd};
    if (fstat(fd, &info) == 0 && !S_ISDIR(info.st_mode)) attr.allowed_access &= kRightsOfFiles;
    const bool added = syscall(kAddRule, fd_, kRulePathBeneath, &attr, 0) == 0;
    const absl::Status status = added ? absl::OkStatus() : KernelSays();
    if (!keep_open) close(fd);
    return status;
  }
  absl::Status AllowPort(uint16_t port) {
    const NetPortAttr attr{.allowed_access = kBindTcp, .port = port};
    return syscall(kAddRule, fd_, kRuleNetPort, &attr, 0) == 0 ? absl::OkStatus() : KernelSays();
  }
  absl::Status Restrict() {
    return syscall(kRestrictSelf, fd_, 0) == 0 ? absl::OkStatus() : KernelSays();
  }

 private:
  uint64_t rights_;
  int fd_ = -1;
};

}  // namespace

absl::StatusOr<int> RestrictByLandlock(const Reach& reach) {
  const int abi = static_cast<int>(syscall(kCreateRuleset, nullptr, 0, kCreateRulesetVersion));
  if (abi < 0) return KernelSays();
  if (abi < 2) return Unavailable("ABI 1 forbids every rename between folders");
  if (!IsOneThread()) return FailedPrecondition("another thread runs already");
  Ruleset rules(abi, reach.tcp_ports.has_value());
  if (!rules.made()) return KernelSays();
  RETURN_IF_ERROR(rules.Allow("/proc/self", kRead, /*keep_open=*/true));
  for (const auto& path : reach.read) RETURN_IF_ERROR(rules.Allow(path, kRead));
  for (const auto& path : reach.write) RETURN_IF_ERROR(rules.Allow(path, kWrite));
  for (const auto& path : reach.publish) RETURN_IF_ERROR(rules.Allow(path, kPublish));
  if (abi >= 4 && reach.tcp_ports) {
    for (uint16_t port : *reach.tcp_ports) RETURN_IF_ERROR(rules.AllowPort(port));
  }
  RETURN_IF_ERROR(rules.Restrict());
  return abi;
}

}  // namespace terrella::edge
