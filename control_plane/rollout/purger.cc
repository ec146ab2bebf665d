#include "control_plane/rollout/purger.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "bundle/names.h"

namespace terrella::control {
namespace {

uint64_t Newest(const v1::Purges& purges) {
  return purges.rules().empty() ? purges.floor() : purges.rules().rbegin()->stamp();
}

uint64_t NextStamp(const v1::Purges& purges, WallTime now) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch());
  return std::max<uint64_t>(static_cast<uint64_t>(us.count()), Newest(purges) + 1);
}

bool IsVisible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

absl::Status CheckValue(std::string_view what, std::string_view value, const PurgeLimits& limits) {
  if (value.empty() || value.size() > limits.value_bytes_max || !IsVisible(value)) {
    return InvalidArgument("purge: a {} is 1 to {} visible ASCII characters, found '{}'", what,
                           limits.value_bytes_max, value.substr(0, 100));
  }
  return absl::OkStatus();
}

absl::Status Check(const v1::PurgeRequest& request, const PurgeLimits& limits) {
  const int values =
      request.urls_size() + request.prefixes_size() + request.hosts_size() + request.tags_size();
  if (values == 0 && !request.everything()) {
    return InvalidArgument("purge: expected a URL, prefix, host or tag, or everything");
  }
  if (values > limits.values_max) {
    return ResourceExhausted("purge: {} values; at most {} at once", values, limits.values_max);
  }
  for (const std::string& url : request.urls()) {
    RETURN_IF_ERROR(CheckValue("URL", url, limits));
    if (!url.starts_with("http://") && !url.starts_with("https://")) {
      return InvalidArgument("purge: '{}' is no http: or https: URL", url);
    }
  }
  for (const std::string& prefix : request.prefixes()) {
    RETURN_IF_ERROR(CheckValue("prefix", prefix, limits));
    const std::string_view rest = prefix.find("://") == std::string::npos
                                      ? std::string_view(prefix)
                                      : std::string_view(prefix).substr(prefix.find("://") + 3);
    if (rest.empty() || rest.starts_with('/')) {
      return InvalidArgument("purge: the prefix '{}' names no host; expected \"host/path\"",
                             prefix);
    }
  }
  for (const std::string& host : request.hosts()) {
    RETURN_IF_ERROR(CheckValue("host", host, limits));
    if (host.find('/') != std::string::npos) {
      return InvalidArgument("purge: '{}' is no host; is it a prefix?", host);
    }
  }
  for (const std::string& tag : request.tags()) RETURN_IF_ERROR(CheckValue("tag", tag, limits));
  return absl::OkStatus();
}

std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return text;
}

// Drops the oldest rules until the rest is within the limits.
void Trim(v1::Purges& purges, const PurgeLimits& limits) {
  int drop = std::max(0, purges.rules_size() - limits.rules_max);
  size_t bytes = purges.ByteSizeLong();
  for (int i = 0; i < purges.rules_size() && (i < drop || bytes > limits.rules_bytes_max); ++i) {
    bytes -= std::min(bytes, purges.rules(i).ByteSizeLong());
    purges.set_floor(purges.rules(i).stamp());
    drop = std::max(drop, i + 1);
  }
  purges.mutable_rules()->DeleteSubrange(0, drop);
}

}  // namespace

std::string PurgesName(const std::string& script) {
  return "purge/" + script;
}

absl::StatusOr<v1::Purges> AddPurge(v1::Purges purges, const v1::PurgeRequest& request,
                                    WallTime now, const PurgeLimits& limits) {
  RETURN_IF_ERROR(Check(request, limits));
  if (request.everything()) return PurgeAll(std::move(purges), now);
  purges.set_script(request.script());
  const uint64_t stamp = NextStamp(purges, now);
  auto add = [&] {
    v1::PurgeRule* rule = purges.add_rules();
    rule->set_stamp(stamp);
    return rule;
  };
  for (const std::string& url : request.urls()) add()->set_url(url.substr(0, url.find('#')));
  for (const std::string& prefix : request.prefixes()) add()->set_prefix(prefix);
  for (const std::string& host : request.hosts()) add()->set_host(Lower(host));
  for (const std::string& tag : request.tags()) add()->set_tag(Lower(tag));
  Trim(purges, limits);
  return purges;
}

v1::Purges PurgeAll(v1::Purges purges, WallTime now) {
  purges.set_floor(NextStamp(purges, now));
  purges.clear_rules();
  return purges;
}

absl::StatusOr<v1::PurgeResponse> Purger::Purge(const v1::PurgeRequest& request) {
  RETURN_IF_ERROR(bundle::CheckScriptName(request.script()));
  if (table_.Find("deployment/" + request.script()) == nullptr) {
    return NotFound("script '{}' is not deployed", request.script());
  }
  const std::string name = PurgesName(request.script());
  const v1::Resource* live = table_.Find(name);
  v1::Purges before = live == nullptr ? v1::Purges() : live->purges();
  before.set_script(request.script());
  v1::Resource body;
  ASSIGN_OR_RETURN(*body.mutable_purges(), AddPurge(std::move(before), request, clock_.WallNow()));
  TxnRequest txn;
  txn.compares.push_back({ResourceTable::Key(name), live == nullptr ? 0 : live->revision()});
  txn.ops.push_back(Op::Put(ResourceTable::Key(name), body.SerializeAsString()));
  ASSIGN_OR_RETURN(const TxnResult result, store_.Txn(txn));
  LogInfo("script {}: purged at revision {}", request.script(), result.revision);
  committed_(result.revision);
  v1::PurgeResponse response;
  response.set_revision(result.revision);
  return response;
}

}  // namespace terrella::control
