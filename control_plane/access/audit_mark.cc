#include "control_plane/access/audit_mark.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/log.h"
#include "base/status.h"

namespace terrella::control {
namespace {

constexpr size_t kBytesMax = 256;
constexpr size_t kShaBytes = 32;

}  // namespace

absl::StatusOr<std::unique_ptr<AuditMarkFile>> AuditMarkFile::Open(
    const std::filesystem::path& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Internal("cannot open {}: {}", path.string(), strerror(errno));
  return std::unique_ptr<AuditMarkFile>(new AuditMarkFile(fd));
}

AuditMarkFile::~AuditMarkFile() {
  close(fd_);
}

std::optional<v1::AuditMark> AuditMarkFile::Read() const {
  char bytes[kBytesMax];
  const ssize_t size = pread(fd_, bytes, sizeof bytes, 0);
  v1::AuditMark mark;
  const bool good = size > 0 && mark.ParseFromArray(bytes, static_cast<int>(size)) &&
                    mark.seq() > 0 && mark.sha256().size() == kShaBytes;
  if (good) return mark;
  if (size != 0) LogWarn("the mark of the audit log cannot be read: its end is not compared");
  return std::nullopt;
}

void AuditMarkFile::Write(const v1::AuditMark& mark) {
  // Fixed numbers and a hash: always as long as what it replaces, and within one block.
  const std::string bytes = mark.SerializeAsString();
  if (pwrite(fd_, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    LogWarn("the mark of the audit log cannot be written: {}", strerror(errno));
  }
}

}  // namespace terrella::control
