#include "edge_node/tail/request_trace.h"

#include <algorithm>
#include <utility>

#include "http/message/message.h"

namespace terrella::edge {
namespace {

constexpr std::string_view kHidden = "REDACTED";

bool LooksSecret(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (std::string_view part : {"auth", "cookie", "key", "secret", "token", "password"}) {
    if (lower.find(part) != std::string::npos) return true;
  }
  return false;
}

std::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "log";
    case LogLevel::kWarn:
      return "warn";
    default:
      return "error";
  }
}

bool IsDigits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Behind "index.js:3:7: ", when it begins like that.
std::string_view AfterPlace(std::string_view line) {
  const size_t end = line.find(": ");
  if (end == std::string_view::npos) return line;
  const std::string_view place = line.substr(0, end);
  const size_t column = place.rfind(':');
  if (column == std::string_view::npos || column == 0) return line;
  const size_t row = place.rfind(':', column - 1);
  if (row == std::string_view::npos || !IsDigits(place.substr(column + 1)) ||
      !IsDigits(place.substr(row + 1, column - row - 1))) {
    return line;
  }
  return line.substr(end + 2);
}

}  // namespace

v1::TailException ParseException(std::string_view detail) {
  v1::TailException exception;
  const std::string_view what = AfterPlace(detail.substr(0, detail.find('\n')));
  const size_t colon = what.find(": ");
  const bool named = colon != std::string_view::npos && colon > 0 &&
                     what.substr(0, colon).find_first_of(" \t'\"(") == std::string_view::npos;
  exception.set_name(named ? std::string(what.substr(0, colon)) : "Error");
  exception.set_message(std::string(named ? what.substr(colon + 2) : what));
  exception.set_stack(std::string(detail));
  return exception;
}

std::shared_ptr<RequestTrace> RequestTrace::Begin(const TailPlan& plan, const TailSubject& subject,
                                                  const TailPlace& place, TailRing& ring,
                                                  const Clock& clock) {
  const auto found = plan.by_script.find(subject.script);
  if (found == plan.by_script.end()) return nullptr;
  TailFilters wanted;
  bool needs_text = false;
  for (const auto& filter : found->second) {
    if (!filter->MayWant(subject)) continue;
    needs_text |= filter->needs_text();
    wanted.push_back(filter);
  }
  if (wanted.empty()) return nullptr;
  const bool light = !needs_text && !ring.has_room();
  std::shared_ptr<RequestTrace> trace(new RequestTrace(ring, clock, std::move(wanted), light));
  if (light) return trace;
  v1::TailEvent& event = trace->event_;
  event.set_script(std::string(subject.script));
  event.set_version_id(std::string(subject.version_id));
  event.set_node(place.node);
  event.set_pop(place.pop);
  event.set_unix_ms(trace->NowMs());
  event.set_ray(std::string(subject.ray));
  event.set_method(std::string(subject.method));
  event.set_url(std::string(subject.url));
  event.set_city(std::string(subject.city));
  event.set_country(std::string(subject.country));
  if (subject.headers != nullptr) trace->FillHeaders(*subject.headers);
  return trace;
}

RequestTrace::RequestTrace(TailRing& ring, const Clock& clock, TailFilters filters, bool light)
    : ring_(ring),
      clock_(clock),
      filters_(std::move(filters)),
      light_(light),
      began_(clock.Now()) {}

RequestTrace::~RequestTrace() {
  set_outcome("ok");
  if (wall_ == Duration(0)) Answered();
  event_.set_wall_us(static_cast<uint64_t>(wall_.count() / 1000));
  TailFilters wanted;
  for (const auto& filter : filters_) {
    if (!filter->Wants(event_)) continue;
    event_.add_sessions(filter->session());
    wanted.push_back(filter);
  }
  if (wanted.empty() || (!light_ && ring_.Push(std::move(event_)))) return;
  for (const auto& filter : wanted) filter->CountDrop();
}

void RequestTrace::FillHeaders(const http::Headers& headers) {
  size_t bytes = 0;
  for (const auto& field : headers.fields()) {
    bytes += field.name.size() + field.value.size();
    if (event_.headers_size() >= kHeadersMax || bytes > kTextBytesMax) {
      event_.set_truncated(true);
      return;
    }
    v1::TailHeader& out = *event_.add_headers();
    out.set_name(std::string(field.name));
    out.set_value(LooksSecret(field.name) ? std::string(kHidden) : std::string(field.value));
  }
}

void RequestTrace::OnLog(LogLevel level, std::string_view text) {
  if (light_) return;
  text_bytes_ += text.size();
  if (event_.logs_size() >= kLogsMax || text_bytes_ > kTextBytesMax) {
    event_.set_truncated(true);
    return;
  }
  v1::TailLog& log = *event_.add_logs();
  log.set_unix_ms(NowMs());
  log.set_level(std::string(LevelName(level)));
  log.set_text(std::string(text));
}

void RequestTrace::AddException(std::string_view detail) {
  if (light_) return;
  text_bytes_ += detail.size();
  if (event_.exceptions_size() >= kExceptionsMax || text_bytes_ > kTextBytesMax) {
    event_.set_truncated(true);
    return;
  }
  v1::TailException& exception = *event_.add_exceptions();
  exception = ParseException(detail);
  exception.set_unix_ms(NowMs());
}

void RequestTrace::set_cron(const std::string& cron, int64_t scheduled_unix_ms) {
  event_.set_cron(cron);
  event_.set_scheduled_unix_ms(scheduled_unix_ms);
}

int64_t RequestTrace::NowMs() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_.WallNow().time_since_epoch())
      .count();
}

}  // namespace terrella::edge
