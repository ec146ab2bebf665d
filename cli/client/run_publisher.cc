#include "cli/client/run_publisher.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "base/status.h"
#include "cli/client/dial.h"
#include "terrella/v1/runs.grpc.pb.h"

namespace terrella::cli {

struct RunPublisher::Connection {
  explicit Connection(const RunPublisherOptions& options)
      : stub(v1::Runs::NewStub(DialControl(options.address, options.tls))) {}
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
    SetTimeout(context, options_.timeout);
    ShowToken(context, options_.token);
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
