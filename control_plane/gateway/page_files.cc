#include "control_plane/gateway/page_files.h"

#include <utility>

#include "base/digest.h"
#include "base/file.h"
#include "base/status.h"

namespace terrella::control {
namespace {

constexpr size_t kBytesMax = 4 << 20;  // of all files
constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"}};
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' "
    "data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

}  // namespace

absl::StatusOr<PageFiles> PageFiles::Load(const std::filesystem::path& folder) {
  PageFiles out;
  size_t bytes = 0;
  ASSIGN_OR_RETURN(const std::vector<std::filesystem::path> paths, ListFolder(folder));
  for (const std::filesystem::path& path : paths) {
    for (const auto& [ending, type] : kTypes) {
      if (path.extension() != ending) continue;
      ASSIGN_OR_RETURN(std::string content, ReadFile(path, kBytesMax - bytes));
      bytes += content.size();
      std::string etag = fmt::format("\"{}\"", ToHex(Sha256(content)).substr(0, 32));
      out.files_["/" + path.filename().string()] = {std::move(content), std::string(type),
                                                    std::move(etag)};
    }
  }
  if (!out.Has("/")) return NotFound("{} has no index.html", folder.string());
  return out;
}

const PageFiles::File* PageFiles::Find(std::string_view path) const {
  const auto it = files_.find(path == "/" ? "/index.html" : path);
  return it == files_.end() ? nullptr : &it->second;
}

void PageFiles::Respond(http::Exchange& exchange, std::string_view path) const {
  const File& file = *Find(path);
  const bool known = exchange.head().headers.Find("if-none-match") == file.etag;
  http::ResponseHead head{.status = known ? 304 : 200, .reason = {}, .headers = {}};
  head.headers.Append("etag", file.etag);
  head.headers.Append("cache-control", "no-cache");
  head.headers.Append("content-security-policy", kPolicy);
  head.headers.Append("referrer-policy", "no-referrer");
  head.headers.Append("x-content-type-options", "nosniff");
  if (!known) head.headers.Append("content-type", file.type);
  exchange.Respond(std::move(head), known ? std::string_view() : file.content);
}

}  // namespace terrella::control
