#include "sim/driver/kv_log.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace terrella::sim {

KvLog::KvLog(const Scenario& scenario, std::string run)
    : asks_(scenario), run_(std::move(run) + "-") {}

void KvLog::Fill(const Arrival& arrival, const KvWorkload& workload,
                 http::RequestHead& head) const {
  const KvAsk ask = asks_.Of(arrival.request, arrival.number);
  head.target = fmt::format("/k{}", ask.key);
  head.method = ask.writes ? "PUT" : "GET";
  if (ask.writes) {
    head.headers.Append(kKvWriteField, fmt::format("{}{}", run_, arrival.number));
  } else {
    head.headers.Append(kKvCacheTtlField, fmt::format("{:g}", ToMs(workload.cache_ttl) / 1000));
  }
}

void KvLog::Add(const Arrival& arrival, const Sample& sample, std::string_view value) {
  const KvAsk ask = asks_.Of(arrival.request, arrival.number);
  records_.push_back({.number = arrival.number,
                      .key = ask.name,
                      .writes = ask.writes,
                      .saw = ask.writes ? 0 : WriterOf(value),
                      .sample = sample});
}

uint64_t KvLog::WriterOf(std::string_view value) const {
  if (!value.starts_with(run_)) return 0;
  value.remove_prefix(run_.size());
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  return error == std::errc() && end == value.data() + value.size() ? number + 1 : 0;
}

}  // namespace terrella::sim
