#include "sim/driver/city_resolver.h"

#include "base/status.h"
#include "sim/net/city_block.h"

namespace terrella::sim {

void CityResolver::Resolve(net::CityId city, net::CityId seen, const std::string& name,
                           Callback callback) {
  std::pair<net::CityId, std::string> key(city, name);
  Entry& entry = entries_[key];
  if (!entry.asking && loop_.Now() < entry.expires) {
    callback(Answer{entry.address, true});
    return;
  }
  entry.waiting.push_back(std::move(callback));
  if (entry.asking) return;
  entry.asking = true;
  ++queries_;
  stub_.Resolve(name, net::CityBlockV4(seen), [this, key](absl::StatusOr<DnsAnswer> answer) {
    OnAnswer(key, std::move(answer));
  });
}

void CityResolver::OnAnswer(const std::pair<net::CityId, std::string>& key,
                            absl::StatusOr<DnsAnswer> answer) {
  Entry& entry = entries_[key];
  entry.asking = false;
  absl::StatusOr<Answer> result = absl::UnknownError("");
  if (!answer.ok()) {
    result = answer.status();
  } else if (answer->addresses.empty()) {
    result = NotFound("{} has no address (rcode {})", key.second, answer->rcode);
  } else {
    entry.address = answer->addresses.front();
    entry.expires = loop_.Now() + std::chrono::seconds(answer->ttl_s);
    result = Answer{entry.address, false};
  }
  std::vector<Callback> waiting = std::move(entry.waiting);
  entry.waiting.clear();
  for (Callback& callback : waiting) callback(result);
}

}  // namespace terrella::sim
