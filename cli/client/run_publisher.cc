#include "cli/client/run_publisher.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "base/status.h"
#include "rpc/identity.h"
#include "rpc/upstream.h"
#include "terrella/v1/runs.grpc.pb.h"

namespace terrella::cli {
namespace {

constexpr int kMessageBytesMax = 28 << 20;  // as ControlClient

std::shared_ptr<grpc::Channel> Dial(const RunPublisherOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxSendMessageSize(kMessageBytesMax);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // One that was killed is known soon to be back, as by ControlClient.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  const auto upstream = rpc::MakeUpstream(options.address, options.tls, rpc::kControlPlane);
  return rpc::Dial(upstream.ok() ? *upstream : rpc::Upstream{options.address, nullptr}, arguments);
}

}  // namespace

struct RunPublisher::Connection {
  explicit Connection(const RunPublisherOptions& options)
      : stub(v1::Runs::NewStub(Dial(options))) {}
  std::unique_ptr<v1::Runs::Stub> stub;
};

RunPublisher::RunPublisher(RunPublisherOptions options)
    : options_(std::move(options)),
      connection_(std::make_unique<Connection>(options_)),
      thread_([this] { Work(); }) {}

RunPublisher::~RunPublisher() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    next_.reset();
  }
  changed_.notify_all();
  thread_.join();
}

void RunPublisher::Tell(v1::PublishRunRequest word) {
  {
    std::lock_guard lock(mutex_);
    next_ = std::move(word);
  }
  changed_.notify_all();
}

absl::Status RunPublisher::Finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !next_ && !sending_; });
  return last_;
}

void RunPublisher::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopped_ || next_; });
    if (stopped_) return;
    const v1::PublishRunRequest word = *std::exchange(next_, std::nullopt);
    sending_ = true;
    lock.unlock();
    grpc::ClientContext context;
    context.set_wait_for_ready(true);  // of one that is just being started again
    context.set_deadline(
        std::chrono::system_clock::now() +
        std::chrono::duration_cast<std::chrono::system_clock::duration>(options_.timeout));
    if (!options_.token.empty()) {
      context.AddMetadata("authorization", "Bearer " + options_.token);
    }
    v1::PublishRunResponse response;
    const grpc::Status status = connection_->stub->PublishRun(&context, word, &response);
    lock.lock();
    last_ = status.ok() ? absl::OkStatus()
                        : absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                                       ToAbsl(status.error_message()));
    sending_ = false;
    changed_.notify_all();
  }
}

}  // namespace terrella::cli
