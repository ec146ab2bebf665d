// FileWatch: waits until something changes in one of several folders.
//
// Folders, not files: editors replace a file by renaming another over it.
//
// Thread: one. Owns: an inotify descriptor.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>

namespace terrella::cli {

class FileWatch {
 public:
  FileWatch();
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // The folders of these files, and these folders, in place of those before. What cannot be watched
  // is left out.
  void Set(std::span<const std::filesystem::path> paths);
  // Readable when something has changed.
  int fd() const { return fd_; }
  // Forgets what has changed until now; true when anything had.
  bool Drain();

 private:
  int fd_;
  std::map<std::string, int> watches_;  // descriptor by folder
};

}  // namespace terrella::cli
