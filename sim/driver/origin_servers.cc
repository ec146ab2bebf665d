#include "sim/driver/origin_servers.h"

#include <atomic>
#include <future>
#include <map>
#include <thread>

#include "base/event_loop.h"
#include "base/status.h"
#include "http/server/server.h"

namespace terrella::sim {
namespace {

constexpr uint64_t kThoughtStream = 0x74686f75676874;
constexpr uint32_t kLoopback = 0x7f000001;

using Mood = OriginServers::Mood;

// One origin. Thread: the servers' loop.
class OriginServer {
 public:
  // `index`: of Scenario::origins.
  OriginServer(EventLoop& loop, const Scenario& scenario, size_t index,
               std::atomic<uint64_t>& answered, absl::Status& trouble)
      : loop_(loop),
        scenario_(scenario),
        index_(index),
        origin_(scenario.origins[index]),
        answered_(answered),
        trouble_(trouble),
        body_(origin_.body_bytes, 'o'),
        next_change_(loop, [this] { Follow(); }) {}

  absl::Status Listen() {
    if (server_ != nullptr) return absl::OkStatus();
    http::ServerOptions options{.address = address_};
    // Longer than nodes keep a connection, so that the two never race.
    options.limits.idle_deadline = std::chrono::seconds(90);
    absl::StatusOr<std::unique_ptr<http::Server>> server = http::Server::Start(
        loop_, options, [this](std::unique_ptr<http::Exchange> e) { Answer(std::move(e)); });
    if (!server.ok()) {
      return Unavailable("the origin {} cannot listen: {}", origin_.host, Message(server.status()));
    }
    server_ = *std::move(server);
    address_ = server_->address();
    return absl::OkStatus();
  }
  // Its connections end, and whoever waits gets no answer.
  void GoAway() {
    server_.reset();
    thoughts_.clear();
  }
  const SocketAddress& address() const { return address_; }

  absl::Status Behave(Mood mood) {
    mood_ = mood;
    if (mood != Mood::kRefuse) return Listen();
    GoAway();
    return absl::OkStatus();
  }

  void Begin(MonotonicTime start) {
    start_ = start;
    Follow();
  }

 private:
  struct Thought {
    std::unique_ptr<http::Exchange> exchange;
    std::unique_ptr<Timer> timer;
  };

  // Is there or not, as the timeline says now; and again when it next says something.
  void Follow() {
    const Duration now = loop_.Now() - *start_;
    if (IsOriginOut(scenario_, origin_.host, now)) {
      GoAway();
    } else {
      trouble_.Update(Listen());
    }
    Duration next = Duration::max();
    for (const TimelineEvent& event : scenario_.timeline) {
      if (event.action != TimelineEvent::Action::kOriginOutage) continue;
      if (event.at > now) next = std::min(next, event.at);
      if (IsUnderWay(event, now) && event.lasts != Duration::max()) {
        next = std::min(next, event.at + event.lasts);
      }
    }
    if (next != Duration::max()) next_change_.StartAt(*start_ + next);
  }

  void Answer(std::unique_ptr<http::Exchange> exchange) {
    const uint64_t number = ++questions_;
    OriginThought thought{.fails = mood_ == Mood::kErrors};
    if (start_) {
      CounterRandom random(scenario_.seed ^ kThoughtStream, index_, number);
      thought = DrawThought(origin_, random);
    }
    if (thought.think == Duration(0)) return Respond(*exchange, thought.fails);
    Thought& held = thoughts_[number];
    held.exchange = std::move(exchange);
    held.timer = std::make_unique<Timer>(loop_, [this, number, fails = thought.fails] {
      const auto thinking = thoughts_.extract(number);
      Respond(*thinking.mapped().exchange, fails);
    });
    held.timer->Start(thought.think);
  }

  void Respond(http::Exchange& exchange, bool fails) {
    ++answered_;
    const bool cached = start_ && origin_.caching;
    http::ResponseHead head{.status = fails ? kOriginErrorStatus : 200,
                            .headers = {{"content-type", "text/plain"}}};
    // To a cache that stores it otherwise an error says nothing: it is not stored, and what was
    // stored before stays.
    if (!cached) head.headers.Append("cache-control", "no-store");
    if (cached && !fails) head.headers.Append("cache-control", CacheControlOf(origin_));
    if (cached && !fails && origin_.caching->etag) {
      head.headers.Append("etag", kOriginEtag);
      if (exchange.head().headers.Find("if-none-match") == kOriginEtag) {
        head.status = 304;
        return exchange.Respond(std::move(head), "");
      }
    }
    exchange.Respond(std::move(head), body_);
  }

  EventLoop& loop_;
  const Scenario& scenario_;
  const size_t index_;
  const Origin& origin_;
  std::atomic<uint64_t>& answered_;
  absl::Status& trouble_;
  const std::string body_;
  SocketAddress address_{IpAddress::V4(kLoopback), 0};
  Mood mood_ = Mood::kWell;
  std::optional<MonotonicTime> start_;  // of the scenario's time
  uint64_t questions_ = 0;
  std::map<uint64_t, Thought> thoughts_;
  Timer next_change_;
  std::unique_ptr<http::Server> server_;  // null: it is away; first to go
};

}  // namespace

class OriginServers::Impl {
 public:
  explicit Impl(const Scenario& scenario) : scenario_(scenario), thread_([this] { loop_.Run(); }) {
    OnLoop([this] {
      for (size_t i = 0; i < scenario_.origins.size(); ++i) {
        servers_.push_back(
            std::make_unique<OriginServer>(loop_, scenario_, i, answered_, trouble_));
      }
    });
  }
  ~Impl() {
    OnLoop([this] { servers_.clear(); });
    loop_.Stop();
    thread_.join();
  }

  absl::Status Behave(Mood mood) {
    absl::Status status;
    OnLoop([&] {
      for (auto& server : servers_) status.Update(server->Behave(mood));
    });
    return status;
  }
  void Begin(MonotonicTime start) {
    OnLoop([&] {
      for (auto& server : servers_) server->Begin(start);
    });
  }
  std::vector<SocketAddress> addresses() {
    std::vector<SocketAddress> out;
    OnLoop([&] {
      for (const auto& server : servers_) out.push_back(server->address());
    });
    return out;
  }
  uint64_t answered() const { return answered_; }
  absl::Status status() {
    absl::Status out;
    OnLoop([&] { out = trouble_; });
    return out;
  }

 private:
  // Runs `work` on the loop and waits for it.
  void OnLoop(const std::function<void()>& work) {
    std::promise<void> done;
    loop_.Post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  const Scenario scenario_;
  std::atomic<uint64_t> answered_ = 0;
  EventLoop loop_;
  absl::Status trouble_;  // of the loop's thread, as the next
  std::vector<std::unique_ptr<OriginServer>> servers_;
  std::thread thread_;  // last: starts when all else is there
};

OriginServers::OriginServers(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OriginServers::~OriginServers() = default;

absl::StatusOr<std::unique_ptr<OriginServers>> OriginServers::Start(const Scenario& scenario) {
  auto impl = std::make_unique<Impl>(scenario);
  RETURN_IF_ERROR(impl->Behave(Mood::kWell));
  return std::unique_ptr<OriginServers>(new OriginServers(std::move(impl)));
}

std::vector<SocketAddress> OriginServers::addresses() const {
  return impl_->addresses();
}
void OriginServers::Begin(MonotonicTime start) {
  impl_->Begin(start);
}
absl::Status OriginServers::status() const {
  return impl_->status();
}
absl::Status OriginServers::Behave(Mood mood) {
  return impl_->Behave(mood);
}
uint64_t OriginServers::answered() const {
  return impl_->answered();
}

}  // namespace terrella::sim
