#include "dns_router/metrics/traffic_sampler.h"

#include <algorithm>
#include <cstring>

#include "dns_router/wire/name.h"
#include "dns_router/wire/query.h"

namespace terrella::dns {
namespace {

uint64_t HashOf(const IpPrefix& prefix) {
  uint64_t words[2];
  std::memcpy(words, prefix.address.bytes().data(), sizeof(words));
  return Mix64(Mix64(words[0] ^ static_cast<uint64_t>(prefix.length_bits)) ^ words[1]);
}

uint64_t HashOf(std::string_view bytes) {
  uint64_t hash = bytes.size();
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    uint64_t word;
    std::memcpy(&word, bytes.data(), 8);
    hash = Mix64(hash ^ word);
  }
  uint64_t rest = 0;
  std::memcpy(&rest, bytes.data(), bytes.size());
  return Mix64(hash ^ rest);
}

IpPrefix Block(const IpAddress& address, int bits) {
  return {address.Masked(bits), bits};
}

}  // namespace

struct TrafficSampler::Window {
  uint64_t start_us = 0;
  uint64_t queries = 0, in_cells = 0;
  HeavyHitters<std::string> names;  // in wire form
  HeavyHitters<IpPrefix> networks, cells;

  void Begin(uint64_t now_us) {
    start_us = now_us;
    queries = in_cells = 0;
    names.Clear();
    networks.Clear();
    cells.Clear();
  }
  void AddTo(SampledTraffic& into, double seconds) const {
    const auto add = [seconds](SampledTraffic::Weight& to, uint64_t count, uint64_t error) {
      to.per_s += static_cast<double>(count) / seconds;
      to.per_s_error += static_cast<double>(error) / seconds;
    };
    into.queries_per_s += static_cast<double>(queries) / seconds;
    into.in_cells_per_s += static_cast<double>(in_cells) / seconds;
    names.ForEach([&](const std::string& wire, uint64_t count, uint64_t error) {
      add(into.names[NameToString(wire)], count, error);
    });
    networks.ForEach([&](const IpPrefix& block, uint64_t count, uint64_t error) {
      add(into.networks[block], count, error);
    });
    cells.ForEach([&](const IpPrefix& block, uint64_t count, uint64_t error) {
      add(into.cells[block], count, error);
    });
  }
};

TrafficSampler::TrafficSampler() : random_(RandomU64()) {}
TrafficSampler::~TrafficSampler() = default;

void TrafficSampler::BeginSecond(uint64_t queries) {
  // As the last seconds' rate asks for; after a pause every query counts again.
  const uint64_t passed_s = std::max<uint64_t>((now_us_ - second_us_) / kSecondUs, 1);
  every_ = std::max<uint64_t>((queries - queries_) / passed_s / kLooksPerSMax, 1);
  if (until_next_ >= 2 * every_) Rewind();
  looks_ = 0;
  second_us_ = now_us_;
  queries_ = queries;
}

void TrafficSampler::Look(std::string_view message, const IpAddress& client,
                          const AnswerFacts& facts) {
  const uint64_t weight = weight_;
  if (++looks_ >= kLooksPerSMax) {
    every_ *= 2;
    looks_ = 0;
  }
  Rewind();
  Query query;
  if (ParseQuery(message, query) == ParseResult::kDrop) return;
  const std::lock_guard lock(mutex_);
  if (current_ == nullptr) {
    current_ = std::make_unique<Window>();
    last_ = std::make_unique<Window>();
    current_->Begin(now_us_);
    last_->Begin(now_us_);
  } else if (now_us_ - current_->start_us >= kWindowUs) {
    std::swap(current_, last_);
    current_->Begin(now_us_);
  }
  current_->queries += weight;
  if (query.name_size > 0) current_->names.Add(HashOf(query.name()), query.name(), weight);
  const IpPrefix network = Block(client, client.is_v4() ? 24 : 48);
  current_->networks.Add(HashOf(network), network, weight);
  if (!query.subnet || facts.scope_bits == 0) return;
  current_->in_cells += weight;
  const IpAddress subnet = query.subnet->Address();
  const IpPrefix cell = Block(subnet, std::min<int>(facts.scope_bits, subnet.bits()));
  current_->cells.Add(HashOf(cell), cell, weight);
}

void TrafficSampler::Read(uint64_t now_us, SampledTraffic& into) const {
  const std::lock_guard lock(mutex_);
  if (current_ == nullptr) return;
  // A thread without queries turns no window; what is older than two is not "of late".
  const auto is_late = [now_us](const Window& window) {
    return now_us - window.start_us <= 2 * kWindowUs;
  };
  const bool has_last = last_->start_us != current_->start_us && is_late(*last_);
  const uint64_t start_us = has_last ? last_->start_us : current_->start_us;
  // Of less than a second no rate is known.
  const double seconds =
      static_cast<double>(std::max(now_us - start_us, kSecondUs)) / double{kSecondUs};
  if (has_last) last_->AddTo(into, seconds);
  if (is_late(*current_)) current_->AddTo(into, seconds);
}

}  // namespace terrella::dns
