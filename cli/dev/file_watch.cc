#include "cli/dev/file_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <system_error>

namespace terrella::cli {

namespace fs = std::filesystem;

FileWatch::FileWatch() : fd_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

FileWatch::~FileWatch() {
  if (fd_ >= 0) close(fd_);
}

void FileWatch::Set(std::span<const fs::path> paths) {
  std::set<std::string> folders;
  std::error_code error;
  for (const fs::path& path : paths) {
    const bool is_folder = fs::is_directory(path, error);
    const fs::path folder = is_folder                ? path
                            : path.has_parent_path() ? path.parent_path()
                                                     : fs::path(".");
    folders.insert(fs::absolute(folder, error).lexically_normal().string());
  }
  std::erase_if(watches_, [&](const auto& watch) {
    if (folders.contains(watch.first)) return false;
    inotify_rm_watch(fd_, watch.second);
    return true;
  });
  for (const std::string& folder : folders) {
    if (watches_.contains(folder)) continue;
    const int watch = inotify_add_watch(
        fd_, folder.c_str(), IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO);
    if (watch >= 0) watches_[folder] = watch;
  }
}

bool FileWatch::Drain() {
  char events[4096];
  bool any = false;
  while (read(fd_, events, sizeof events) > 0) any = true;
  return any;
}

}  // namespace terrella::cli
