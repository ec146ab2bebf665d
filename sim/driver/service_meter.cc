#include "sim/driver/service_meter.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "base/status.h"
#include "http/client/client.h"
#include "sim/scenario/catalogue.h"

namespace terrella::sim {
namespace {

constexpr size_t kTimesKept = 128;  // quantiles of what was measured

// Processor time of all threads so far.
double CpuMs(pid_t pid) {
  std::error_code error;
  double ns = 0;
  for (const auto& thread :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), error)) {
    std::ifstream file(thread.path() / "schedstat");
    double ran_ns = 0;
    if (file >> ran_ns) ns += ran_ns;
  }
  return ns / 1e6;
}

// One after another, `at_once` beside each other, with a pause before each but the first.
class Batch {
 public:
  Batch(EventLoop& loop, const RequestKind& kind, const SocketAddress& node, int count,
        Duration pause = {})
      : loop_(loop),
        client_(loop),
        kind_(kind),
        node_(node),
        left_(count),
        pause_(pause),
        give_up_(loop, [&loop] { loop.Stop(); }) {}

  void Run(int at_once, Duration deadline) {
    for (int i = 0; i < at_once && left_ > 0; ++i) {
      askers_.push_back(std::make_unique<Asker>(*this));
      askers_.back()->Ask();
    }
    give_up_.Start(deadline);
    loop_.Run();
    give_up_.Stop();
    askers_.clear();
  }
  const std::vector<double>& times_ms() const { return times_ms_; }
  const absl::Status& error() const { return error_; }
  uint64_t bytes() const { return bytes_; }
  int status() const { return status_ != 0 ? status_ : bad_status_; }
  // Of answers that were not all bad, how many were.
  double error_share() const {
    return status_ == 0 ? 0 : static_cast<double>(bad_) / static_cast<double>(times_ms_.size());
  }

 private:
  class Asker final : public http::ResponseObserver, private http::BodySource::Reader {
   public:
    explicit Asker(Batch& batch) : batch_(batch), next_(batch.loop_, [this] { Next(); }) {}
    void Ask() {
      --batch_.left_;
      ++batch_.under_way_;
      http::ClientRequest request;
      request.to = batch_.node_;
      request.head.method = batch_.kind_.method;
      request.head.target = PathOf(batch_.kind_, 0);
      request.head.host = batch_.kind_.host;
      asked_ = batch_.loop_.Now();
      call_ = batch_.client_.Send(std::move(request), *this);
    }

   private:
    void OnResponse(http::ResponseHead head, std::unique_ptr<http::BodySource> body) override {
      if (head.status >= 500) {
        batch_.bad_status_ = head.status;
        ++batch_.bad_;
      } else {
        batch_.status_ = head.status;
      }
      body_ = std::move(body);
      body_->Read(*this);
    }
    void OnError(const absl::Status& status) override {
      batch_.error_ = status;
      next_.Start(Duration(0));
    }
    void OnBodyData(std::string_view) override {}
    void OnBodyEnd() override {
      batch_.times_ms_.push_back(ToMs(batch_.loop_.Now() - asked_));
      batch_.bytes_ = call_->timings().bytes_received;
      next_.Start(batch_.pause_);
    }
    void OnBodyError(const absl::Status& status) override { OnError(status); }
    // From the loop: the call is not on the stack.
    void Next() {
      body_.reset();
      call_.reset();
      --batch_.under_way_;
      if (batch_.left_ > 0 && batch_.error_.ok()) return Ask();
      if (batch_.under_way_ == 0) batch_.loop_.Stop();
    }

    Batch& batch_;
    Timer next_;
    MonotonicTime asked_{};
    std::unique_ptr<http::Call> call_;
    std::unique_ptr<http::BodySource> body_;
  };

  EventLoop& loop_;
  http::Client client_;
  const RequestKind& kind_;
  const SocketAddress node_;
  int left_;
  int under_way_ = 0;
  const Duration pause_;
  Timer give_up_;
  std::vector<double> times_ms_;
  absl::Status error_;
  uint64_t bytes_ = 0;
  int status_ = 0, bad_status_ = 0;  // the last one below 500, and the last one from there on
  size_t bad_ = 0;
  std::vector<std::unique_ptr<Asker>> askers_;
};

std::vector<float> QuantilesOf(std::vector<double> times_ms) {
  std::sort(times_ms.begin(), times_ms.end());
  std::vector<float> out;
  const size_t kept = std::min(kTimesKept, times_ms.size());
  for (size_t i = 0; i < kept; ++i) {
    const size_t at = (2 * i + 1) * times_ms.size() / (2 * kept);
    out.push_back(static_cast<float>(times_ms[at]));
  }
  return out;
}

}  // namespace

absl::StatusOr<ServiceProfile> MeasureService(EventLoop& loop, const RequestKind& kind,
                                              const ServiceMeterOptions& options) {
  const auto failed = [&](const Batch& batch) {
    return Unavailable("{} {}{}: {}", kind.method, kind.host, kind.path,
                       batch.error().ok()
                           ? fmt::format("no answer in {:.0f} s", ToMs(options.deadline) / 1000)
                           : Message(batch.error()));
  };
  Batch first(loop, kind, options.node, 1);
  first.Run(1, options.deadline);
  if (first.times_ms().empty()) return failed(first);
  Batch alone(loop, kind, options.node, options.alone);
  alone.Run(1, options.deadline);
  if (alone.times_ms().empty()) return failed(alone);

  Batch rested(loop, kind, options.node, options.rested + 1, options.pause);
  rested.Run(1, options.deadline);
  // The first of them came right after the others.
  std::vector<double> rested_ms = rested.times_ms();
  if (!rested_ms.empty()) rested_ms.erase(rested_ms.begin());

  ServiceProfile out{
      .service_ms = QuantilesOf(alone.times_ms()),
      .rested_ms = QuantilesOf(std::move(rested_ms)),
      .response_bytes = static_cast<uint32_t>(std::min<uint64_t>(alone.bytes(), UINT32_MAX)),
      .status = static_cast<uint16_t>(alone.status()),
      .error_share = static_cast<float>(alone.error_share())};
  const float median_ms = out.service_ms[out.service_ms.size() / 2];
  out.cold_ms = std::max(0.0F, static_cast<float>(first.times_ms()[0]) - median_ms);
  out.cpu_ms = median_ms;
  if (options.pid == 0) return out;
  const double before_ms = CpuMs(options.pid);
  Batch together(loop, kind, options.node, options.together);
  together.Run(options.at_once, options.deadline);
  if (together.times_ms().empty()) return failed(together);
  const double used_ms = CpuMs(options.pid) - before_ms;
  // A thread that ended meanwhile takes its time along; without the kernel's accounts there is
  // none.
  if (used_ms > 0) {
    out.cpu_ms = static_cast<float>(used_ms / static_cast<double>(together.times_ms().size()));
  }
  return out;
}

}  // namespace terrella::sim
