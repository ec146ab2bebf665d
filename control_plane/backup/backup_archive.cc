#include "control_plane/backup/backup_archive.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/digest.h"
#include "base/status.h"

namespace terrella::control {
namespace {

constexpr std::string_view kMagic = "terrella backup 1\n";
constexpr size_t kCheckBytes = 32;
constexpr size_t kFrameBytesMax = size_t{4} << 20;

absl::Status CannotWrite(const std::filesystem::path& path) {
  return Unavailable("cannot write {}: {}", path.string(), strerror(errno));
}

}  // namespace

absl::StatusOr<ArchiveWriter> ArchiveWriter::Create(const std::filesystem::path& path) {
  ArchiveWriter writer;
  writer.path_ = path;
  writer.temporary_ = path.string() + ".unfinished";
  const int fd =
      open(writer.temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return CannotWrite(writer.temporary_);
  writer.file_.reset(fdopen(fd, "wb"));
  if (writer.file_ == nullptr) return CannotWrite(writer.temporary_);
  if (fwrite(kMagic.data(), kMagic.size(), 1, writer.file_.get()) != 1) return CannotWrite(path);
  writer.check_ = Sha256(kMagic);
  writer.bytes_ = kMagic.size();
  return writer;
}

ArchiveWriter::~ArchiveWriter() {
  if (file_ == nullptr) return;
  file_.reset();
  unlink(temporary_.c_str());
}

absl::Status ArchiveWriter::Write(const BackupFrame& frame) {
  const std::string bytes = frame.SerializeAsString();
  if (bytes.size() > kFrameBytesMax) {
    return InvalidArgument("a frame of {} bytes is over the limit of {}", bytes.size(),
                           kFrameBytesMax);
  }
  check_ = Sha256(check_ + bytes);
  std::string head;
  for (int shift = 0; shift < 32; shift += 8) head += static_cast<char>(bytes.size() >> shift);
  head += check_;
  if (fwrite(head.data(), head.size(), 1, file_.get()) != 1 ||
      fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) {
    return CannotWrite(temporary_);
  }
  bytes_ += head.size() + bytes.size();
  return absl::OkStatus();
}

absl::Status ArchiveWriter::Commit() {
  if (fflush(file_.get()) != 0 || fsync(fileno(file_.get())) != 0 ||
      rename(temporary_.c_str(), path_.c_str()) != 0) {
    return CannotWrite(path_);
  }
  file_.reset();
  // The name, too.
  const std::filesystem::path folder = path_.has_parent_path() ? path_.parent_path() : ".";
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) {
    fsync(fd);
    close(fd);
  }
  return absl::OkStatus();
}

absl::StatusOr<ArchiveReader> ArchiveReader::Open(const std::filesystem::path& path) {
  ArchiveReader reader;
  reader.path_ = path;
  reader.file_.reset(fopen(path.c_str(), "rbe"));
  if (reader.file_ == nullptr) {
    return NotFound("cannot read {}: {}", path.string(), strerror(errno));
  }
  std::string magic(kMagic.size(), '\0');
  if (fread(magic.data(), magic.size(), 1, reader.file_.get()) != 1 || magic != kMagic) {
    return InvalidArgument("{} is no backup of terrella", path.string());
  }
  reader.check_ = Sha256(kMagic);
  return reader;
}

absl::StatusOr<BackupFrame> ArchiveReader::Read() {
  if (ended_) return OutOfRange("the backup is at its end");
  const absl::Status damaged =
      DataLoss("{} is damaged or cut off after frame {}", path_.string(), frames_);
  std::string head(4 + kCheckBytes, '\0');
  if (fread(head.data(), head.size(), 1, file_.get()) != 1) return damaged;
  size_t size = 0;
  for (size_t i = 0; i < 4; ++i)
    size |= static_cast<size_t>(static_cast<uint8_t>(head[i])) << 8 * i;
  if (size > kFrameBytesMax) return damaged;
  std::string bytes(size, '\0');
  if (fread(bytes.data(), 1, size, file_.get()) != size) return damaged;
  check_ = Sha256(check_ + bytes);
  BackupFrame frame;
  if (head.substr(4) != check_ || !frame.ParseFromString(bytes)) return damaged;
  ended_ = frame.has_end();
  if (ended_ && fgetc(file_.get()) != EOF) return damaged;
  ++frames_;
  return frame;
}

}  // namespace terrella::control
