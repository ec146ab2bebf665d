// MappedFile: a file's bytes as they are on disk, shared by every process that maps it.
//
// Nothing is read before it is touched. The file must not be changed in place while it is mapped:
// whoever replaces it writes another and renames it (WriteFileAtomic).
//
// Thread: immutable after Open, any. Owns: the mapping.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"

namespace terrella {

class MappedFile {
 public:
  // NotFound when there is no such file, ResourceExhausted when it is larger than `bytes_max`,
  // DataLoss when it is empty or cannot be mapped. Errors name the path.
  static absl::StatusOr<std::unique_ptr<const MappedFile>> Open(const std::filesystem::path& path,
                                                                size_t bytes_max);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  // Begins at a multiple of the page size.
  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

 private:
  MappedFile(void* data, size_t size) : data_(data), size_(size) {}
  void* data_;
  size_t size_;
};

}  // namespace terrella
