#include "bundle/asset_ignore.h"

#include <algorithm>

#include "base/status.h"
#include "bundle/glob.h"

namespace terrella::bundle {
namespace {

constexpr size_t kLinesMax = 1000;
constexpr std::string_view kAlways[] = {
    "/.assetsignore", "/_headers", "/_redirects", ".git", "node_modules", ".wrangler",
    ".DS_Store",      ".dev.vars", ".dev.vars.*", ".env", ".env.*",
};

}  // namespace

AssetIgnore::AssetIgnore() {
  for (std::string_view line : kAlways) Add(line);
}

void AssetIgnore::Add(std::string_view line) {
  Line out;
  out.takes_back = line.starts_with('!');
  if (out.takes_back) line.remove_prefix(1);
  if (line.starts_with('\\')) line.remove_prefix(1);
  out.folders_only = line.ends_with('/');
  if (out.folders_only) line.remove_suffix(1);
  // A '/' within it ties a pattern to the folder.
  const bool tied = line.find('/') != std::string_view::npos;
  if (line.starts_with('/')) line.remove_prefix(1);
  if (line.empty()) return;
  out.pattern = tied ? std::string(line) : std::string("**/").append(line);
  lines_.push_back(std::move(out));
}

absl::StatusOr<AssetIgnore> AssetIgnore::Parse(std::string_view text, std::string_view file_name) {
  AssetIgnore ignore;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    if (number > kLinesMax) {
      return InvalidArgument("{}: more than {} lines", file_name, kLinesMax);
    }
    if (line.find('[') != std::string_view::npos) {
      return InvalidArgument("{}:{}: '{}': classes of characters are not supported", file_name,
                             number, line);
    }
    ignore.Add(line);
  }
  return ignore;
}

bool AssetIgnore::Ignores(std::string_view path, bool is_folder) const {
  bool ignored = false;  // the last line that fits decides
  for (const Line& line : lines_) {
    if (line.folders_only && !is_folder) continue;
    if (line.takes_back == ignored && MatchesGlob(line.pattern, path)) ignored = !line.takes_back;
  }
  return ignored;
}

}  // namespace terrella::bundle
