#include "dns_router/view/prober.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "base/check.h"
#include "base/status.h"
#include "dns_router/policy/policy_chain.h"

namespace terrella::dns {
namespace {

constexpr size_t kStatusLineBytes = 12;  // "HTTP/1.1 200"

// Empty for "HTTP/1.1 2xx".
std::string WhyNotGood(std::string_view answer) {
  const bool is_http = answer.starts_with("HTTP/1.");
  if (is_http && answer.size() >= kStatusLineBytes && answer[9] == '2') return "";
  if (is_http && answer.size() >= kStatusLineBytes) {
    const std::string_view status = answer.substr(9, 3);
    // A peer's bytes end up in protobuf strings, which are UTF-8.
    return absl::c_all_of(status, absl::ascii_isdigit) ? fmt::format("answered {}", status)
                                                       : "answered no HTTP";
  }
  return answer.empty() ? "closed without an answer" : "answered no HTTP";
}

}  // namespace

class Prober::Target final : private ByteStream::Observer {
 public:
  Target(Prober& prober, std::string id, const SocketAddress& address)
      : prober_(prober),
        id_(std::move(id)),
        address_(address),
        next_(prober.loop_, [this] { prober_.Ask(*this); }),
        timeout_(prober.loop_, [this] { End("timed out"); }) {
    const auto phase = StableHash(id_) % 1000;
    next_.Start(prober.options_.interval * static_cast<int64_t>(phase) / 1000);
  }
  ~Target() override {
    std::erase(prober_.waiting_, this);
    if (connection_ != nullptr) prober_.Free();
  }
  // Its next probe, which there must be room for.
  void Begin() {
    CHECK(connection_ == nullptr);
    ++prober_.at_once_;
    began_ = prober_.loop_.Now();
    timeout_.StartAt(began_ + prober_.options_.timeout);
    answer_.clear();
    connection_ = TcpConnection::Connect(prober_.loop_, address_, nullptr,
                                         [this](const absl::Status& made) { OnConnected(made); });
  }
  const SocketAddress& address() const { return address_; }

 private:
  void OnConnected(const absl::Status& made) {
    if (!made.ok()) return End(std::string(Message(made)));
    if (prober_.options_.kind == ProbeOptions::Kind::kTcp) return End("");
    connection_->set_observer(this);
    connection_->StartReading();
    connection_->Write(fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
                                   prober_.options_.path, address_.ToString()));
  }
  void OnRead(std::string_view bytes) override {
    answer_ += bytes.substr(0, kStatusLineBytes - answer_.size());
    if (answer_.size() == kStatusLineBytes) End(WhyNotGood(answer_));
  }
  void OnReadEof() override { End(WhyNotGood(answer_)); }
  void OnError(const absl::Status& status) override { End(std::string(Message(status))); }

  void End(std::string why_not) {
    timeout_.Stop();
    connection_.reset();
    // The moment within the interval stays unless the probe took longer than it.
    next_.StartAt(std::max(began_ + prober_.options_.interval, prober_.loop_.Now()));
    prober_.Free();
    // Last, and later: it may follow another view, which ends this target.
    prober_.loop_.Defer([result = prober_.result_, id = id_, began = began_,
                         why = std::move(why_not)] { result(id, began, why); });
  }

  Prober& prober_;
  const std::string id_;
  const SocketAddress address_;
  std::unique_ptr<TcpConnection> connection_;  // of the probe under way
  std::string answer_;
  MonotonicTime began_{};
  Timer next_, timeout_;
};

Prober::Prober(EventLoop& loop, const ProbeOptions& options, Result result)
    : loop_(loop), options_(options), result_(std::move(result)) {}

Prober::~Prober() {
  waiting_.clear();  // nobody begins any more
}

void Prober::Ask(Target& target) {
  if (at_once_ < options_.at_once_max) return target.Begin();
  waiting_.push_back(&target);
}

void Prober::Free() {
  --at_once_;
  if (waiting_.empty()) return;
  Target& next = *waiting_.front();
  waiting_.pop_front();
  next.Begin();
}

void Prober::Follow(const TopologyView& view) {
  if (options_.kind == ProbeOptions::Kind::kNone) return;
  std::map<std::string, std::unique_ptr<Target>, std::less<>> kept;
  for (const NodeFacts& node : view.nodes) {
    const NodeState reported = node.reported == NodeState::kUnknown ? node.state : node.reported;
    if (reported == NodeState::kDown || node.port == 0) continue;
    const SocketAddress address{node.address, node.port};
    const auto old = targets_.find(node.id);
    if (old != targets_.end() && old->second->address() == address) {
      kept[node.id] = std::move(old->second);
      targets_.erase(old);
    } else {
      kept[node.id] = std::make_unique<Target>(*this, node.id, address);
    }
  }
  targets_ = std::move(kept);
}

}  // namespace terrella::dns
