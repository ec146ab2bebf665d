#include "sim/engine/virtual_pages.h"

#include <algorithm>
#include <optional>

#include "sim/engine/city_keys.h"
#include "sim/engine/virtual_path.h"
#include "sim/scenario/person.h"

namespace terrella::sim {
namespace {

constexpr int kPartBits = 20;  // of a request's number, beside those of its document
static_assert(kPagePartsMax * kPartCountMax < 1 << kPartBits);
// What header compression of HTTP/2 leaves of a request like others before it.
constexpr size_t kStreamRequestBytes = 50;

}  // namespace

void VirtualPages::ServeUntil(Duration end, Outcomes& outcomes) {
  arrivals_.clear();
  for (VirtualNode& node : nodes_) node.TakeUntil(end, arrivals_);
  std::sort(arrivals_.begin(), arrivals_.end(), [](const VirtualVisit& a, const VirtualVisit& b) {
    return a.arrives != b.arrives ? a.arrives < b.arrives : a.number < b.number;
  });
  const PhaseRule& rule = outcomes.rule;
  for (const VirtualVisit& visit : arrivals_) {
    RunUntil(visit.arrives);
    VirtualNode& node = nodes_[visit.pop];
    Sample& sample = outcomes.samples[visit.number];
    const VirtualNode::Answer answer = node.Serve(visit, node.ObjectOf(visit), sample);
    Phases* phases =
        rule.Keeps(visit.number) ? &outcomes.phases[rule.IndexOf(visit.number)] : nullptr;
    if (sample.failure == Failure::kNone) node.Deliver(visit, answer, sample, phases);
    Begin(visit, answer, sample);
  }
  RunUntil(end);
}

void VirtualPages::RunUntil(Duration end) {
  while (!events_.empty() && events_.top().at < end) {
    const Event event = events_.top();
    events_.pop();
    switch (event.stage) {
      case Stage::kAtNode:
        AtNode(event);
        break;
      case Stage::kAnswered:
        Answered(event);
        break;
      case Stage::kDocument:
        if (const auto found = loading_.find(event.page); found != loading_.end()) {
          AskMore(event.page, found->second, event.at);
        }
        break;
      case Stage::kThere:
        There(event);
        break;
    }
  }
}

void VirtualPages::Schedule(Duration at, Stage stage, uint64_t page, uint32_t part) {
  events_.push({.at = at, .order = order_++, .stage = stage, .page = page, .part = part});
}

void VirtualPages::Begin(const VirtualVisit& document, const VirtualNode::Answer& answer,
                         const Sample& sample) {
  const Page* page = PageOf(world_.scenario, document.kind);
  if (page == nullptr) return;
  Loading loading{
      .document = document,
      .page = sample,
      .load = PageLoad(*page, document.protocol, world_.scenario.seed, document.number)};
  if (sample.failure != Failure::kNone || loading.load.done()) {
    return Finish(document.number, loading);
  }
  size_t hosts = 1;
  for (const PagePart& part : page->parts) hosts = std::max(hosts, part.host + 1);
  loading.hosts.resize(hosts);
  loading.hosts[0] = {.known = true, .pop = document.pop};
  // The document's connection, with what went over it.
  const PathSettings& settings = world_.audience.settings();
  Path path{
      .rtt_ms = document.rtt_ms, .deviation_ms = document.deviation_ms, .flow = document.flow};
  path.mile.loss = document.loss;
  DrawHandshake(settings, path);
  const Duration begin = document.due + FromMs(document.dns_ms);
  auto connection = std::make_unique<VirtualConnection>(settings, path, document.pop, begin);
  Duration arrives;
  connection->Request(begin, kRequestBytes, {&arrives, 1});
  connection->Answer(answer.at, answer.bytes);
  loading.connections.push_back(std::move(connection));
  loading_.emplace(document.number, std::move(loading));
  Schedule(sample.due + sample.felt, Stage::kDocument, document.number, 0);
}

void VirtualPages::AskMore(uint64_t number, Loading& loading, Duration now) {
  // What is asked for at one moment on one connection leaves together.
  std::map<size_t, std::vector<uint32_t>> together;
  while (const std::optional<PageAsk> ask = loading.load.Next()) {
    Host& host = loading.hosts[ask->host];
    if (!host.known) Look(loading, ask->request, now, host);
    Failure failure = host.failure;
    if (failure == Failure::kNone && ask->opens) {
      failure = Connect(loading, *ask, std::max(now, host.ready));
    }
    if (failure != Failure::kNone) {
      for (const auto& [connection, parts] : together) {
        free_parts_.insert(free_parts_.end(), parts.begin(), parts.end());
      }
      return Fail(number, failure);
    }
    together[ask->connection].push_back(NewPart(number, loading, *ask, now));
  }
  for (const auto& [connection, parts] : together) Send(number, loading, parts, now);
}

uint32_t VirtualPages::NewPart(uint64_t number, Loading& loading, const PageAsk& ask,
                               Duration now) {
  if (free_parts_.empty()) {
    free_parts_.push_back(static_cast<uint32_t>(parts_.size()));
    parts_.emplace_back();
  }
  const uint32_t index = free_parts_.back();
  free_parts_.pop_back();
  Part& part = parts_[index];
  part = {.ask = ask, .visit = loading.document};
  part.visit.number = (number << kPartBits) + ++loading.asked;
  part.visit.kind = static_cast<uint16_t>(ask.request);
  part.visit.pop = loading.connections[ask.connection]->pop();
  part.visit.due = now;
  return index;
}

void VirtualPages::Send(uint64_t number, Loading& loading, const std::vector<uint32_t>& parts,
                        Duration now) {
  const PageAsk& ask = parts_[parts.front()].ask;
  const size_t bytes =
      loading.document.protocol == Protocol::kHttp2 ? kStreamRequestBytes : kRequestBytes;
  std::vector<Duration> arrives(parts.size());
  loading.connections[ask.connection]->Request(std::max(now, loading.hosts[ask.host].ready), bytes,
                                               arrives);
  for (size_t i = 0; i < parts.size(); ++i) {
    parts_[parts[i]].visit.arrives = arrives[i];
    Schedule(arrives[i], Stage::kAtNode, number, parts[i]);
  }
}

void VirtualPages::Look(const Loading& loading, size_t request, Duration now, Host& host) {
  const VirtualVisit& document = loading.document;
  host.known = true;
  if (document.steering == Steering::kAnycast) return;
  const size_t city = world_.audience.IndexOf(document.city);
  if (world_.troubles.IsResolverOut(city, now)) {
    host.failure = Failure::kTimeout;
    return;
  }
  City& at = CityAt(city);
  Audience::Person own;
  const uint64_t key = CityKeys(document.city).Of(document.client);
  const Audience::Person& person =
      world_.audience.PersonAt(city, document.client, key, std::nullopt, own);
  const auto took =
      at.resolver.LookUp(world_.host_of_kind[request], now, person.resolver_ms, at.ways, &host.pop);
  if (took) {
    host.ready = now + *took;
  } else {
    host.failure = Failure::kDns;
  }
}

Failure VirtualPages::Connect(Loading& loading, const PageAsk& ask, Duration begin) {
  const VirtualVisit& document = loading.document;
  const size_t city = world_.audience.IndexOf(document.city);
  const uint64_t key = CityKeys(document.city).Of(document.client);
  const uint64_t flow = FlowKey(key, ClientPortOf(document.number, ask.connection));
  Beliefs::Route route{.pop = loading.hosts[ask.host].pop};
  if (document.steering == Steering::kAnycast) {
    route = {};
    world_.beliefs.ByAnycast(city, document.client, flow, begin, &route);
    if (route.pop == kNoPop) return Failure::kStatus;
  }
  if (!world_.history.At(route.pop, begin).alive) return Failure::kConnect;
  Audience::Person own;
  const Audience::Person& person =
      world_.audience.PersonAt(city, document.client, key, route.network, own);
  Path path =
      PathTo(world_, city, route, CityAt(city).ways.To(route.pop), person.mile, begin, flow);
  const PathSettings& settings = world_.audience.settings();
  DrawHandshake(settings, path);
  // They are opened in the order of their numbers.
  loading.connections.push_back(
      std::make_unique<VirtualConnection>(settings, path, route.pop, begin));
  return Failure::kNone;
}

void VirtualPages::AtNode(const Event& event) {
  Part& part = parts_[event.part];
  Sample sample;
  const VirtualNode::Answer answer = nodes_[part.visit.pop].Serve(part.visit, /*object=*/0, sample);
  part.bytes = answer.bytes;
  part.failure = sample.failure;
  if (part.failure == Failure::kNone && sample.status >= 400) part.failure = Failure::kStatus;
  const Duration given_up = GivenUpAt(part);
  if (sample.failure != Failure::kNone) {
    Schedule(event.at, Stage::kThere, event.page, event.part);  // a reset comes back, too
  } else if (answer.at > given_up) {
    part.failure = Failure::kTimeout;
    Schedule(std::max(event.at, given_up), Stage::kThere, event.page, event.part);
  } else {
    Schedule(answer.at, Stage::kAnswered, event.page, event.part);
  }
}

void VirtualPages::Answered(const Event& event) {
  Part& part = parts_[event.part];
  const auto found = loading_.find(event.page);
  if (found == loading_.end()) {  // something else of it is missing already
    free_parts_.push_back(event.part);
    return;
  }
  const Duration there =
      found->second.connections[part.ask.connection]->Answer(event.at, part.bytes);
  const Duration given_up = GivenUpAt(part);
  if (there > given_up) part.failure = Failure::kTimeout;
  Schedule(std::min(there, given_up), Stage::kThere, event.page, event.part);
}

void VirtualPages::There(const Event& event) {
  const Part& part = parts_[event.part];
  const PageAsk ask = part.ask;
  const Failure failure = part.failure;
  free_parts_.push_back(event.part);
  const auto found = loading_.find(event.page);
  if (found == loading_.end()) return;
  if (failure != Failure::kNone) return Fail(event.page, failure);
  Loading& loading = found->second;
  loading.load.Answered(ask);
  if (!loading.load.done()) return AskMore(event.page, loading, event.at);
  loading.page.felt = event.at - loading.page.due;
  Finish(event.page, loading);
  loading_.erase(found);
}

void VirtualPages::Fail(uint64_t number, Failure failure) {
  const auto found = loading_.find(number);
  found->second.page.failure = failure;
  Finish(number, found->second);
  loading_.erase(found);
}

void VirtualPages::Finish(uint64_t number, const Loading& loading) {
  ended_.emplace_back(number, loading.page);
}

VirtualPages::City& VirtualPages::CityAt(size_t index) {
  return cities_.try_emplace(index, world_, index).first->second;
}

}  // namespace terrella::sim
