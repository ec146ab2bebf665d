// Fields of a request and of a response, as the cache's policy reads them: it must never crash, and
// whatever it decides must be something that can be served.
//
// Input: lines "Name: value"; an empty line goes on from the request to the response.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "edge_node/cache/policy/cache_control.h"
#include "edge_node/cache/policy/cache_key.h"
#include "edge_node/cache/policy/serving.h"
#include "edge_node/cache/policy/storing.h"
#include "edge_node/cache/policy/validation.h"
#include "edge_node/cache/policy/vary.h"

using namespace terrella;
using namespace terrella::cache;

namespace {

struct Input {
  http::Headers request, response;
};

Input Split(std::string_view text) {
  Input input;
  http::Headers* fields = &input.request;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty()) fields = &input.response;
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    fields->Append(line.substr(0, colon), line.substr(colon + 1));
  }
  return input;
}

void CheckServing(const StoredHead& head, const Input& input, uint64_t body_bytes, WallTime now) {
  for (const char* method : {"GET", "HEAD"}) {
    const Serving got = Serve(
        head, {.method = method, .request = input.request, .body_bytes = body_bytes, .now = now});
    CHECK(got.body.offset + got.body.length <= body_bytes);
    CHECK(got.head.status != 206 || got.body.length > 0);
    CHECK(got.head.status == head.status || got.head.status == 206 || got.head.status == 304 ||
          got.head.status == 416);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const int status = 100 + data[0] * 2;
  const uint64_t body_bytes = uint64_t{data[1]} * 37;
  const Input input = Split({reinterpret_cast<const char*>(data) + 2, size - 2});
  const WallTime start{std::chrono::seconds(1'788'264'000)};
  FetchRules rules;
  if (const auto ttl = input.request.Find("x-ttl")) rules.ttl_s = ParseDeltaSeconds(*ttl);
  const http::ResponseHead response{.status = status, .headers = input.response};
  const StoreDecision decision = DecideStore(input.request, response, {start, start}, rules);
  VaryValues(VaryOf(input.response).names, input.request);
  const std::string key = MakeCacheKey({"script", "name"}, "http://h/p", input.request);
  CHECK(SplitCacheKey(key).url == "http://h/p");
  if (const auto location = input.response.Find("location")) {
    const std::string target = SameOriginTarget("http://h/p", *location);
    CHECK(target.empty() || target.starts_with("http://h/"));
  }
  if (!decision.store) return 0;
  const StoredHead& head = decision.head;
  CHECK(head.lifetime >= Duration(0) && head.initial_age >= Duration(0));
  for (int64_t after_s : {0, 1, 100'000}) {
    const WallTime now = start + std::chrono::seconds(after_s);
    CHECK(!head.FreshAt(now) || JudgeUse(head, CacheMode::kDefault, now) == Use::kFresh);
    CHECK(!head.forbids_stale || JudgeUse(head, CacheMode::kDefault, now) != Use::kServeAndRefresh);
    CheckServing(head, input, body_bytes, now);
  }
  if (const auto fresh = Freshen(head, input.request, response, {start, start}, rules)) {
    CHECK(fresh->status == head.status);
    CheckServing(*fresh, input, body_bytes, start);
  }
  return 0;
}
