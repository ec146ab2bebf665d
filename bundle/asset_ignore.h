// AssetIgnore: which files of a folder are no assets: .assetsignore, in the form of a .gitignore.
//
// "*.map" is meant at any depth, "/drafts" and "a/b" from the folder, "old/" only as a folder;
// "!keep.map" takes back what a line before it said; '#' begins a comment. Of patterns there are
// '*', '?', "**" and "{a,b}", but no [classes].
//
// Thread: any (immutable once parsed).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace terrella::bundle {

class AssetIgnore {
 public:
  // Nothing is left out but what never is an asset: version control, packages, secrets, and the
  // files that say something about assets.
  AssetIgnore();
  // InvalidArgument with "file:line: what was expected".
  static absl::StatusOr<AssetIgnore> Parse(std::string_view text, std::string_view file_name);

  // `path` is relative to the folder, with '/'.
  bool Ignores(std::string_view path, bool is_folder) const;

 private:
  struct Line {
    std::string pattern;
    bool folders_only = false;
    bool takes_back = false;
  };
  void Add(std::string_view line);

  std::vector<Line> lines_;
};

}  // namespace terrella::bundle
