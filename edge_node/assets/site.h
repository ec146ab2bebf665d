// Site: what a version's static assets answer, as a policy: which requests are theirs and which the
// worker's, which file or redirect it is, and the head of the answer. It never sees a byte of a
// file.
//
// A client's request goes to the worker when the version says so (run_worker_first), when no asset
// and no redirect fits, or when its method is neither GET nor HEAD; the rest never enters V8. The
// order is: _redirects, then the file, then, where there is no worker, not_found_handling. Fields
// of _headers are set on files and on the pages of not_found_handling.
//
// Thread: any (immutable once made).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "bundle/path_pattern.h"
#include "edge_node/assets/asset_table.h"
#include "edge_node/cache/policy/range.h"
#include "http/message/message.h"
#include "terrella/v1/assets.pb.h"

namespace terrella::edge {

struct AssetRequest {
  std::string_view method;
  std::string_view host;    // lower case, without port
  std::string_view target;  // origin-form
  const http::Headers& headers;
};

struct AssetAnswer {
  http::ResponseHead head;
  const AssetEntry* asset = nullptr;  // whose bytes follow; null: `text` does
  cache::ByteRange range;             // of them
  std::string text;
};

class Site {
 public:
  struct Options {
    bool has_worker = false;
    bool navigation_prefers_assets = false;  // bundle::Compatibility
  };
  // InvalidArgument when the manifest makes no sense.
  static absl::StatusOr<std::shared_ptr<const Site>> Make(const v1::StaticAssets& config,
                                                          const v1::AssetManifest& manifest,
                                                          const Options& options);

  // What a client's request is answered with; nothing: the worker answers.
  std::optional<AssetAnswer> Route(const AssetRequest& request, WallTime now) const;
  // What env.ASSETS.fetch() gives: always an answer.
  AssetAnswer Answer(const AssetRequest& request, WallTime now) const;

  const AssetTable& table() const { return table_; }
  bool has_worker() const { return options_.has_worker; }

 private:
  struct Redirect {
    bundle::PathPattern from;
    std::string to;
    int status = 0;
  };
  struct HeaderRule {
    bundle::PathPattern pattern;
    v1::HeaderRule fields;
  };
  Site(AssetTable table, const v1::StaticAssets& config, const Options& options)
      : table_(std::move(table)), config_(config), options_(options) {}
  absl::Status AddRules(const v1::AssetManifest& manifest);
  bool IsWorkersPath(std::string_view path) const;
  std::optional<AssetAnswer> Lookup(const AssetRequest& request, WallTime now) const;
  std::optional<AssetAnswer> LookupFile(const AssetRequest& request, std::string_view path,
                                        bool rewritten, WallTime now) const;
  std::optional<AssetAnswer> NotFound(const AssetRequest& request, WallTime now) const;
  AssetAnswer FileAnswer(const AssetRequest& request, const AssetEntry& asset, int status,
                         WallTime now) const;
  void ApplyHeaderRules(const AssetRequest& request, http::Headers& headers) const;
  // The redirect that fits, with what it captured.
  const Redirect* FindRedirect(std::string_view path,
                               bundle::PathPattern::Captures& captures) const;

  AssetTable table_;
  const v1::StaticAssets config_;
  const Options options_;
  std::vector<HeaderRule> headers_;
  std::vector<Redirect> redirects_;                          // all
  std::unordered_map<std::string, size_t> exact_redirects_;  // static ones, by path
  std::vector<size_t> other_redirects_;                      // in order
};

// A path's bytes; nothing when it holds an encoded '/' or NUL, which name no file.
std::optional<std::string> DecodePath(std::string_view path);
// The same as it stands in a URL (RFC 3986 section 3.3).
std::string EncodePath(std::string_view path);
// "/a/*" of run_worker_first: '*' is any run of bytes.
bool MatchesStars(std::string_view pattern, std::string_view path);

}  // namespace terrella::edge
