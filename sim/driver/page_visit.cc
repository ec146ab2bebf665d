#include "sim/driver/page_visit.h"

#include <utility>

#include "sim/driver/placing.h"

namespace terrella::sim {

// One part, from being asked for to its last byte.
class PageVisit::Part final : private http::ResponseObserver, private http::BodySource::Reader {
 public:
  // `kind`: index into Scenario::requests.
  Part(PageVisit& page, size_t kind)
      : page_(page),
        deadline_(page.context_.loop, [this] { End(Failure::kTimeout); }),
        end_(page.context_.loop, [this] { Deliver(); }) {
    http::ClientRequest request = RequestOf(page.context_, page.arrival_, kind);
    PlaceBySource(page.context_, page.arrival_, page.document_->destination(), request);
    deadline_.Start(page.context_.scenario.clients.timeout);
    call_ = page.context_.client.Send(std::move(request), *this);
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

  // Told from the loop: the call and the body are on the stack here.
  void End(Failure failure) {
    if (std::exchange(ended_, true)) return;
    failure_ = failure;
    deadline_.Stop();
    end_.Start(Duration(0));
  }
  void Deliver() {
    // The call gives its connection back before the next part wants one.
    body_.reset();
    call_.reset();
    page_.OnPart(failure_);
  }

  PageVisit& page_;
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
    : client_(context.loop),
      context_{context.loop,      context.scenario,   context.world,   context.options,
               client_,           context.resolver,   context.results, context.start,
               context.catalogue, context.phase_rule,
               /*of_page=*/true},
      arrival_(arrival),
      on_document_(std::move(on_document)),
      on_page_(std::move(on_page)),
      load_(page, context.scenario.seed, arrival.number),
      document_(std::make_unique<Visit>(
          context_, arrival,
          [this](const Sample& sample, const Phases& phases) { OnDocument(sample, phases); })) {}

PageVisit::~PageVisit() = default;

void PageVisit::OnDocument(const Sample& sample, const Phases& phases) {
  page_ = sample;
  on_document_(sample, phases);
  if (page_.failure != Failure::kNone || load_.done()) return End();
  document_->GiveConnectionBack();
  AskMore();
}

void PageVisit::AskMore() {
  while (load_.waiting() < kPageConnections) {
    const std::optional<size_t> request = load_.Next();
    if (!request) return;
    parts_.push_back(std::make_unique<Part>(*this, *request));
  }
}

void PageVisit::OnPart(Failure failure) {
  load_.Answered();
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
