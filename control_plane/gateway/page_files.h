// PageFiles: the dashboard's few files, held in memory.
//
// What the folder has is served under its own name, index.html also as "/"; nothing else of the
// disk can be asked for. The policy that goes with them lets the page load and call this origin
// only: what the network says can never become a program.
//
// Thread: one. Invariants: immutable.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "http/server/server.h"

namespace terrella::control {

class PageFiles {
 public:
  // None.
  PageFiles() = default;
  // .html, .js, .css and .svg of the folder. NotFound without an index.html; ResourceExhausted
  // beyond 4 MiB in all.
  static absl::StatusOr<PageFiles> Load(const std::filesystem::path& folder);

  bool Has(std::string_view path) const { return Find(path) != nullptr; }
  // GET or HEAD of a path that Has: 200, or 304 to who has it.
  void Respond(http::Exchange& exchange, std::string_view path) const;

 private:
  struct File {
    std::string content, type, etag;
  };
  const File* Find(std::string_view path) const;
  std::map<std::string, File, std::less<>> files_;  // by "/name"
};

}  // namespace terrella::control
