#include "dns_router/transfer/notifier.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "base/random.h"
#include "base/sockaddr.h"
#include "base/status.h"
#include "dns_router/transfer/transfer_packer.h"
#include "dns_router/wire/protocol.h"
#include "dns_router/wire/query.h"

namespace terrella::dns {
namespace {

constexpr size_t kTargetsMax = 64;
constexpr Duration kRetryMax = std::chrono::seconds(60);

uint16_t WordAt(std::string_view bytes, size_t at) {
  return static_cast<uint16_t>(static_cast<uint8_t>(bytes[at]) << 8 |
                               static_cast<uint8_t>(bytes[at + 1]));
}

uint64_t NowS(const EventLoop& loop) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(loop.clock().WallNow().time_since_epoch())
          .count());
}

}  // namespace

absl::StatusOr<std::vector<NotifyTarget>> ParseNotifyTargets(std::string_view text) {
  std::vector<NotifyTarget> out;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    text = comma == text.npos ? std::string_view() : text.substr(comma + 1);
    if (out.size() == kTargetsMax) {
      return InvalidArgument("at most {} secondaries are notified", kTargetsMax);
    }
    NotifyTarget& target = out.emplace_back();
    if (const size_t at = part.find('@'); at != part.npos) {
      ASSIGN_OR_RETURN(target.key, Name::Parse(part.substr(0, at)));
      part.remove_prefix(at + 1);
    }
    ASSIGN_OR_RETURN(target.address, SocketAddress::Parse(part));
    if (target.address.port == 0) {
      return InvalidArgument("'{}': expected a port above 0", part);
    }
  }
  return out;
}

// A datagram socket of one family, watched by the loop.
class Notifier::Socket {
 public:
  static std::unique_ptr<Socket> Open(Notifier& owner, const SocketAddress& local) {
    sockaddr_storage storage;
    const socklen_t size = ToSockaddr(local, storage);
    const int fd = socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return nullptr;
    if (bind(fd, reinterpret_cast<sockaddr*>(&storage), size) != 0) {
      close(fd);
      return nullptr;
    }
    return std::unique_ptr<Socket>(new Socket(owner, fd));
  }
  ~Socket() {
    handle_->data = nullptr;
    uv_poll_stop(handle_);
    uv_close(reinterpret_cast<uv_handle_t*>(handle_),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_poll_t*>(handle); });
    close(fd_);
  }
  bool Send(const SocketAddress& to, std::string_view message) {
    sockaddr_storage storage;
    const socklen_t size = ToSockaddr(to, storage);
    return sendto(fd_, message.data(), message.size(), 0, reinterpret_cast<sockaddr*>(&storage),
                  size) == static_cast<ssize_t>(message.size());
  }

 private:
  Socket(Notifier& owner, int fd) : owner_(owner), fd_(fd), handle_(new uv_poll_t) {
    CHECK(uv_poll_init(owner.loop_.uv(), handle_, fd_) == 0);
    handle_->data = this;
    uv_poll_start(handle_, UV_READABLE, [](uv_poll_t* handle, int, int) {
      if (handle->data != nullptr) static_cast<Socket*>(handle->data)->OnReadable();
    });
  }

  void OnReadable() {
    std::array<char, 4096> buffer;
    for (int i = 0; i < 64; ++i) {  // the rest in the next turn
      sockaddr_storage from;
      socklen_t size = sizeof(from);
      const ssize_t bytes =
          recvfrom(fd_, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (bytes < 0) return;
      owner_.OnDatagram(FromSockaddr(from), {buffer.data(), static_cast<size_t>(bytes)});
    }
  }

  Notifier& owner_;
  const int fd_;
  uv_poll_t* const handle_;  // frees itself after libuv has closed it
};

// One secondary:
//
//   quiet   -- Change --> waiting until `interval` has passed since the last notice
//   waiting -- Send --> open
//   open    -- an answer --> quiet, or waiting when the zone has changed since the notice
//   open    -- none in time --> Send, with the newest SOA; at last quiet
class Notifier::Target {
 public:
  Target(Notifier& owner, const NotifyTarget& to)
      : owner_(owner), to_(to), timer_(owner.loop_, [this] { Send(); }) {}

  void Change() {
    has_news_ = true;
    if (is_open_) {
      // The pace of a target that does not answer stays slow.
      tries_ = std::min(tries_, owner_.options_.tries_max - 1);
    } else if (!timer_.active()) {
      Wait();
    }
  }

  void OnDatagram(const SocketAddress& from, std::string_view message) {
    if (from != to_.address || !is_open_ || message.size() < kHeaderBytes) return;
    const bool is_answer = WordAt(message, 0) == id_ &&
                           static_cast<uint8_t>(message[2]) >> 3 == (0x10 | kNotifyOpcode);
    if (!is_answer) return;
    if (session_ && !session_->Verify(message, NowS(owner_.loop_))) return;
    is_open_ = false;
    timer_.Stop();
    if (const int rcode = message[3] & 0x0f; rcode != 0) {
      ++owner_.counters_.notices_refused;
      LogWarn("secondary {} refused the notice of a change with code {}", to_.address.ToString(),
              rcode);
    }
    if (has_news_) Wait();
  }

 private:
  static constexpr uint8_t kNotifyOpcode = static_cast<uint8_t>(Opcode::kNotify);

  void Wait() {
    tries_ = 0;
    const MonotonicTime now = owner_.loop_.Now();
    timer_.StartAt(last_sent_ ? std::max(now, *last_sent_ + owner_.options_.interval) : now);
  }

  void Send() {
    if (tries_ == owner_.options_.tries_max) {
      LogWarn("secondary {} did not answer {} notices of a change", to_.address.ToString(), tries_);
      is_open_ = false;
      ++owner_.counters_.notices_unanswered;
      return;
    }
    timer_.Start(std::min(owner_.options_.retry * (1 << tries_), kRetryMax));
    ++tries_;
    last_sent_ = owner_.loop_.Now();
    id_ = static_cast<uint16_t>(RandomU64());
    is_open_ = true;
    has_news_ = false;
    const std::optional<std::string> message = Message();
    Socket* const socket = owner_.SocketFor(to_.address.ip);
    if (message && socket != nullptr && socket->Send(to_.address, *message)) {
      ++owner_.counters_.notices_sent;
    }
  }

  // The new SOA goes along, which the secondary may compare with its own (RFC 1996 section 3.7).
  std::optional<std::string> Message() {
    session_.reset();
    if (to_.key) {
      const auto keys = owner_.keys_();
      const TsigKey* key = keys == nullptr ? nullptr : keys->Find(*to_.key);
      if (key == nullptr) {
        LogError("secondary {} is not notified: no key is called '{}'", to_.address.ToString(),
                 to_.key->ToString());
        return std::nullopt;
      }
      session_.emplace(*key);
    }
    std::string question(owner_.apex_.wire());
    question.append({0, static_cast<char>(Type::kSoa), 0, static_cast<char>(Class::kIn)});
    TransferPacker packer(kUdpBytesMax);
    packer.Begin({.id = id_, .question = question});
    packer.Add(owner_.soa_);
    std::string message = packer.Finish();
    message[2] = static_cast<char>(kNotifyOpcode << 3 | 0x04);  // a question, authoritative
    if (session_) session_->Sign(message, NowS(owner_.loop_));
    return message;
  }

  Notifier& owner_;
  const NotifyTarget to_;
  Timer timer_;            // until the first notice of a change, or the next try
  bool has_news_ = false;  // the zone has changed since the last notice
  bool is_open_ = false;   // a notice was sent and not answered
  int tries_ = 0;
  uint16_t id_ = 0;
  std::optional<TsigSession> session_;  // of the notice that was sent last
  std::optional<MonotonicTime> last_sent_;
};

Notifier::Notifier(EventLoop& loop, Options options,
                   std::function<std::shared_ptr<const TsigKeys>()> keys,
                   TransferCounters& counters)
    : loop_(loop), options_(std::move(options)), keys_(std::move(keys)), counters_(counters) {
  for (const NotifyTarget& target : options_.targets) {
    targets_.push_back(std::make_unique<Target>(*this, target));
  }
}
Notifier::~Notifier() = default;

void Notifier::Notify(const Name& apex, std::string_view soa) {
  apex_ = apex;
  soa_ = soa;
  for (const auto& target : targets_) target->Change();
}

Notifier::Socket* Notifier::SocketFor(const IpAddress& to) {
  std::unique_ptr<Socket>& socket = to.is_v4() ? v4_ : v6_;
  if (socket == nullptr) {
    const bool has_source = options_.source && options_.source->is_v4() == to.is_v4();
    const IpAddress any = to.Masked(0);
    socket = Socket::Open(*this, {has_source ? *options_.source : any, 0});
    if (socket == nullptr) LogError("no socket to notify from: {}", std::strerror(errno));
  }
  return socket.get();
}

void Notifier::OnDatagram(const SocketAddress& from, std::string_view message) {
  for (const auto& target : targets_) target->OnDatagram(from, message);
}

}  // namespace terrella::dns
