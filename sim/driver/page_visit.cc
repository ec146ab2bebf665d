#include "sim/driver/page_visit.h"

#include <algorithm>
#include <utility>

#include "sim/driver/placing.h"
#include "sim/scenario/person.h"

namespace terrella::sim {

// One part, from being asked for to its last byte.
class PageVisit::Part final : private http::ResponseObserver, private http::BodySource::Reader {
 public:
  Part(PageVisit& page, const PageAsk& ask)
      : page_(page),
        ask_(ask),
        deadline_(page.context_.loop, [this] { End(Failure::kTimeout); }),
        end_(page.context_.loop, [this] { Deliver(); }) {
    deadline_.Start(page.context_.scenario.clients.timeout);
  }
  // `asked_at`: when its connection is, should it have to be made.
  void Call(const SocketAddress& destination, MonotonicTime asked_at) {
    if (ended_) return;
    const VisitContext& context = page_.context_;
    absl::StatusOr<std::string> header =
        ProxyHeaderOf(context, page_.arrival_, destination,
                      ClientPortOf(page_.arrival_.number, ask_.connection), asked_at);
    if (!header.ok()) return End(Failure::kConnect);
    call_ = page_.connections_.Send(ask_.connection, *std::move(header),
                                    RequestOf(context, page_.arrival_, ask_.request), *this);
  }
  // Told from the loop: the call and the body may be on the stack here.
  void End(Failure failure) {
    if (std::exchange(ended_, true)) return;
    failure_ = failure;
    deadline_.Stop();
    end_.Start(Duration(0));
  }

 private:
  void OnResponse(http::ResponseHead head, std::unique_ptr<http::BodySource> body) override {
    status_ = head.status;
    body_ = std::move(body);
    body_->Read(*this);
  }
  void OnError(const absl::Status& status) override {
    End(status.code() == absl::StatusCode::kDataLoss ? Failure::kBroken : Failure::kConnect);
  }
  void OnBodyData(std::string_view bytes) override {
    bytes_ += bytes.size();
    if (bytes_ > page_.context_.options.body_bytes_max) End(Failure::kBroken);
  }
  void OnBodyEnd() override { End(status_ >= 400 ? Failure::kStatus : Failure::kNone); }
  void OnBodyError(const absl::Status&) override { End(Failure::kBroken); }

  void Deliver() {
    // The call gives its connection back before the next part wants one.
    body_.reset();
    call_.reset();
    page_.OnPart(ask_, failure_);
  }

  PageVisit& page_;
  const PageAsk ask_;
  Timer deadline_, end_;
  std::unique_ptr<http::Call> call_;
  std::unique_ptr<http::BodySource> body_;
  int status_ = 0;
  uint64_t bytes_ = 0;
  Failure failure_ = Failure::kNone;
  bool ended_ = false;
};

PageVisit::PageVisit(const VisitContext& context, const Page& page, const Arrival& arrival,
                     Visit::DoneCallback on_document, std::function<void(const Sample&)> on_page)
    : connections_(context.loop,
                   ProtocolOf(context.scenario, arrival.city, arrival.client, arrival.population)),
      context_(context),
      arrival_(arrival),
      on_document_(std::move(on_document)),
      on_page_(std::move(on_page)),
      load_(page, ProtocolOf(context.scenario, arrival.city, arrival.client, arrival.population),
            context.scenario.seed, arrival.number) {
  context_.connections = &connections_;
  document_ = std::make_unique<Visit>(
      context_, arrival,
      [this](const Sample& sample, const Phases& phases) { OnDocument(sample, phases); });
  size_t hosts = 1;
  for (const PagePart& part : page.parts) hosts = std::max(hosts, part.host + 1);
  hosts_.resize(hosts);
}

PageVisit::~PageVisit() = default;

void PageVisit::OnDocument(const Sample& sample, const Phases& phases) {
  page_ = sample;
  on_document_(sample, phases);
  if (page_.failure != Failure::kNone || load_.done()) return End();
  document_->GiveConnectionBack();
  hosts_[0].known = true;
  hosts_[0].destination = document_->destination();
  AskMore();
}

void PageVisit::AskMore() {
  const MonotonicTime now = context_.loop.Now();
  while (const std::optional<PageAsk> ask = load_.Next()) {
    parts_.push_back(std::make_unique<Part>(*this, *ask));
    Part& part = *parts_.back();
    const size_t index = ask->host;
    Host& host = hosts_[index];
    if (host.known) {
      part.Call(host.destination, now);
      continue;
    }
    host.waiting.push_back(&part);
    if (host.lookup != nullptr) continue;
    host.lookup = std::make_unique<Lookup>(
        context_, arrival_,
        [this, index](Failure failure, const SocketAddress& destination, MonotonicTime asked_at) {
          OnAddress(index, failure, destination, asked_at);
        });
    host.lookup->Start(context_.scenario.requests[ask->request].host, now);
  }
}

void PageVisit::OnAddress(size_t index, Failure failure, const SocketAddress& destination,
                          MonotonicTime asked_at) {
  Host& host = hosts_[index];
  if (failure != Failure::kNone) {
    // Told from the loop, by the part that waits longest.
    host.waiting.front()->End(failure);
    return;
  }
  host.known = true;
  host.destination = destination;
  for (Part* part : std::exchange(host.waiting, {})) part->Call(destination, asked_at);
}

void PageVisit::OnPart(const PageAsk& ask, Failure failure) {
  load_.Answered(ask);
  if (failure != Failure::kNone) {
    page_.failure = failure;
    return End();
  }
  if (!load_.done()) return AskMore();
  page_.felt = context_.loop.Now() - (context_.start + arrival_.due);
  End();
}

void PageVisit::End() {
  const auto on_page = std::move(on_page_);  // it may destroy us
  on_page(page_);
}

}  // namespace terrella::sim
