#include "http/h2/server_session.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/status.h"
#include "http/h1/grammar.h"
#include "http/h2/nghttp2_text.h"
#include "http/h2/request_builder.h"

namespace terrella::http::h2 {
namespace {

// So many at once, then so many a second.
class TokenBucket {
 public:
  TokenBucket(uint32_t burst, uint32_t per_s) : burst_(burst), per_s_(per_s), tokens_(burst) {}
  // The clock is read only when the burst is used up.
  bool Take(const Clock& clock) {
    if (tokens_ >= 1) {
      tokens_ -= 1;
      return true;
    }
    MonotonicTime now = clock.Now();
    double gained = std::chrono::duration<double>(now - filled_).count() * per_s_;
    filled_ = now;
    tokens_ = std::min<double>(burst_, tokens_ + gained) - 1;
    if (tokens_ >= 0) return true;
    tokens_ = 0;
    return false;
  }

 private:
  const double burst_, per_s_;
  double tokens_;
  MonotonicTime filled_{};
};

}  // namespace

struct ServerSession::Impl {
  struct Stream {
    explicit Stream(const Limits& limits) : builder(limits) {}
    RequestBuilder builder;
    StreamHandler* handler = nullptr;
    Headers trailers;  // of the answer
    bool request_ended = false;
    bool answer_sent = false;
    bool abandoned = false;  // the rest of the request is not wanted
  };

  Impl(const Limits& limits_in, const Clock& clock_in, SessionHandler& handler_in)
      : limits(limits_in),
        clock(clock_in),
        handler(handler_in),
        idle_frames(limits.idle_frames_burst, limits.idle_frames_per_s),
        faults(limits.resets_burst, limits.resets_per_s) {}

  static Impl& Of(void* user) { return *static_cast<Impl*>(user); }
  Stream* Find(int32_t id) {
    return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
  }
  int Verdict() const { return stopped ? NGHTTP2_ERR_CALLBACK_FAILURE : 0; }

  static int OnBeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                      void* user);
  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int OnBeginFrame(nghttp2_session*, const nghttp2_frame_hd* head, void* user);
  static int OnSent(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int OnData(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size,
                    void* user);
  static int OnClose(nghttp2_session*, int32_t id, uint32_t, void* user);
  static int OnInvalid(nghttp2_session*, const nghttp2_frame* frame, int error, void* user);
  static ssize_t OnRead(nghttp2_session*, int32_t id, uint8_t* out, size_t max, uint32_t* flags,
                        nghttp2_data_source*, void* user);
  static const nghttp2_session_callbacks* Callbacks();

  void OnHeadersEnd(const nghttp2_frame* frame);
  void OnRequestHead(Stream& stream, const nghttp2_frame* frame);
  void Refuse(Stream& stream, int32_t id, const RequestError& error);
  void ResetIfAbandoned(int32_t id, const Stream& stream);
  void Check(int result) {
    // Out of memory, or a stream that is gone: both end up in OnClose.
    CHECK(result != NGHTTP2_ERR_INVALID_ARGUMENT);
  }

  const Limits limits;
  const Clock& clock;
  SessionHandler& handler;
  nghttp2_session* session = nullptr;
  std::unordered_map<int32_t, std::unique_ptr<Stream>> streams;
  std::vector<nghttp2_nv> fields;  // of the answer being submitted
  TokenBucket idle_frames;
  TokenBucket faults;  // streams reset because of what the peer did
  bool stopped = false;
  bool in_head = false;
  bool abused = false;
  bool faulted = false;  // beyond what `faults` allows
};

namespace {

bool IsPeersFault(uint32_t code) {
  return code == NGHTTP2_PROTOCOL_ERROR || code == NGHTTP2_FLOW_CONTROL_ERROR ||
         code == NGHTTP2_STREAM_CLOSED || code == NGHTTP2_FRAME_SIZE_ERROR ||
         code == NGHTTP2_REFUSED_STREAM;
}

}  // namespace

int ServerSession::Impl::OnBeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  Impl& self = Of(user);
  self.in_head = true;
  if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return self.Verdict();
  const int32_t id = frame->hd.stream_id;
  auto stream = std::make_unique<Stream>(self.limits);
  nghttp2_session_set_stream_user_data(self.session, id, stream.get());
  self.streams[id] = std::move(stream);
  return self.Verdict();
}

int ServerSession::Impl::OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                                  size_t name_size, const uint8_t* value, size_t value_size,
                                  uint8_t, void* user) {
  Impl& self = Of(user);
  if (Stream* stream = self.Find(frame->hd.stream_id)) {
    stream->builder.Add(ViewOf(name, name_size), ViewOf(value, value_size));
  }
  return self.Verdict();
}

int ServerSession::Impl::OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  Impl& self = Of(user);
  const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
      self.OnHeadersEnd(frame);
      break;
    case NGHTTP2_PING:
      if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) self.handler.OnPong();
      break;
    default:
      break;
  }
  if (!ends || self.stopped) return self.Verdict();
  Stream* stream = self.Find(frame->hd.stream_id);
  if (stream != nullptr && !std::exchange(stream->request_ended, true) &&
      stream->handler != nullptr) {
    stream->handler->OnEnd(stream->builder.TakeTrailers());
  }
  return self.Verdict();
}

// Frames that carry nothing, those that nghttp2 ignores among them.
int ServerSession::Impl::OnBeginFrame(nghttp2_session*, const nghttp2_frame_hd* head, void* user) {
  Impl& self = Of(user);
  switch (head->type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_CONTINUATION:   // by continuations_max
    case NGHTTP2_RST_STREAM:     // by resets_burst
    case NGHTTP2_WINDOW_UPDATE:  // as many as we send frames, and cheap
      return self.Verdict();
    case NGHTTP2_DATA:
      if (head->length > 0 || (head->flags & NGHTTP2_FLAG_END_STREAM) != 0) return self.Verdict();
      break;
    case NGHTTP2_PING:
    case NGHTTP2_SETTINGS:
      if ((head->flags & NGHTTP2_FLAG_ACK) != 0) return self.Verdict();
      break;
    default:
      break;
  }
  if (!self.idle_frames.Take(self.clock)) self.abused = self.stopped = true;
  return self.Verdict();
}

int ServerSession::Impl::OnSent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  Impl& self = Of(user);
  if (frame->hd.type == NGHTTP2_RST_STREAM) {
    if (IsPeersFault(frame->rst_stream.error_code) && !self.faults.Take(self.clock)) {
      self.faulted = true;
    }
    return 0;
  }
  if ((frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) ||
      (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) {
    return 0;
  }
  if (Stream* stream = self.Find(frame->hd.stream_id)) {
    stream->answer_sent = true;
    self.ResetIfAbandoned(frame->hd.stream_id, *stream);
  }
  return 0;
}

// RFC 9113 section 8.1: after the whole answer.
void ServerSession::Impl::ResetIfAbandoned(int32_t id, const Stream& stream) {
  if (!stream.abandoned || !stream.answer_sent || stream.request_ended) return;
  nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
}

void ServerSession::Impl::OnHeadersEnd(const nghttp2_frame* frame) {
  in_head = false;
  Stream* stream = Find(frame->hd.stream_id);
  if (stream == nullptr) return;
  if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
    OnRequestHead(*stream, frame);
  } else if (const RequestError error = stream->builder.FinishTrailers(); error.status != 0) {
    handler.OnRefused(error.reason);
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                              NGHTTP2_PROTOCOL_ERROR);
  }
}

void ServerSession::Impl::OnRequestHead(Stream& stream, const nghttp2_frame* frame) {
  const int32_t id = frame->hd.stream_id;
  IncomingRequest request;
  const RequestError error = stream.builder.FinishHead(&request);
  if (error.status != 0) return Refuse(stream, id, error);
  request.stream = id;
  request.has_body = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0;
  request.expects_continue = request.expects_continue && request.has_body;
  stream.handler = handler.OnRequest(std::move(request));
}

void ServerSession::Impl::Refuse(Stream& stream, int32_t id, const RequestError& error) {
  handler.OnRefused(error.reason);
  std::array<char, 3> digits;
  std::to_chars(digits.data(), digits.data() + digits.size(), error.status);
  const nghttp2_nv head[] = {FieldOf(":status", {digits.data(), digits.size()}),
                             FieldOf("content-length", "0")};
  Check(nghttp2_submit_response(session, id, head, std::size(head), nullptr));
  stream.abandoned = true;
}

int ServerSession::Impl::OnData(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data,
                                size_t size, void* user) {
  Impl& self = Of(user);
  Stream* stream = self.Find(id);
  if (stream != nullptr && stream->handler != nullptr) {
    stream->handler->OnData(ViewOf(data, size));
  } else {
    nghttp2_session_consume_connection(self.session, size);
  }
  return self.Verdict();
}

int ServerSession::Impl::OnClose(nghttp2_session*, int32_t id, uint32_t, void* user) {
  Impl& self = Of(user);
  self.in_head = false;
  auto found = self.streams.find(id);
  if (found == self.streams.end()) return 0;
  std::unique_ptr<Stream> stream = std::move(found->second);
  self.streams.erase(found);
  nghttp2_session_set_stream_user_data(self.session, id, nullptr);
  if (stream->handler != nullptr && !self.stopped) stream->handler->OnClosed();
  return 0;
}

int ServerSession::Impl::OnInvalid(nghttp2_session*, const nghttp2_frame*, int error, void* user) {
  Impl& self = Of(user);
  self.in_head = false;
  self.handler.OnRefused(nghttp2_strerror(error));
  return self.Verdict();
}

ssize_t ServerSession::Impl::OnRead(nghttp2_session*, int32_t id, uint8_t* out, size_t max,
                                    uint32_t* flags, nghttp2_data_source*, void* user) {
  Impl& self = Of(user);
  Stream* stream = self.Find(id);
  if (stream == nullptr || stream->handler == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  bool last = false;
  size_t size = stream->handler->OnProduce(reinterpret_cast<char*>(out), max, &last);
  if (size == 0 && !last) return NGHTTP2_ERR_DEFERRED;
  if (!last) return static_cast<ssize_t>(size);
  *flags |= NGHTTP2_DATA_FLAG_EOF;
  if (!stream->trailers.empty()) {
    self.fields.clear();
    for (const Headers::Field field : stream->trailers.fields()) {
      if (!h1::MayBeTrailer(field.name) || !h1::IsFieldValue(field.value)) continue;
      self.fields.push_back(FieldOf(field.name, field.value));
    }
    if (!self.fields.empty()) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      self.Check(nghttp2_submit_trailer(self.session, id, self.fields.data(), self.fields.size()));
    }
  }
  return static_cast<ssize_t>(size);
}

const nghttp2_session_callbacks* ServerSession::Impl::Callbacks() {
  static const nghttp2_session_callbacks* const callbacks = [] {
    nghttp2_session_callbacks* out = nullptr;
    CHECK(nghttp2_session_callbacks_new(&out) == 0);
    nghttp2_session_callbacks_set_on_begin_headers_callback(out, OnBeginHeaders);
    nghttp2_session_callbacks_set_on_header_callback(out, OnHeader);
    nghttp2_session_callbacks_set_on_begin_frame_callback(out, OnBeginFrame);
    nghttp2_session_callbacks_set_on_frame_recv_callback(out, OnFrame);
    nghttp2_session_callbacks_set_on_frame_send_callback(out, OnSent);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(out, OnData);
    nghttp2_session_callbacks_set_on_stream_close_callback(out, OnClose);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(out, OnInvalid);
    return out;
  }();
  return callbacks;
}

ServerSession::ServerSession(const Limits& limits, const Clock& clock, SessionHandler& handler)
    : impl_(std::make_unique<Impl>(limits, clock, handler)) {
  nghttp2_option* option = nullptr;
  CHECK(nghttp2_option_new(&option) == 0);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_option_set_max_settings(option, limits.settings_max);
  nghttp2_option_set_max_outbound_ack(option, limits.unsent_acks_max);
  nghttp2_option_set_max_continuations(option, limits.continuations_max);
  nghttp2_option_set_stream_reset_rate_limit(option, limits.resets_burst, limits.resets_per_s);
  CHECK(nghttp2_session_server_new2(&impl_->session, Impl::Callbacks(), impl_.get(), option) == 0);
  nghttp2_option_del(option);
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams_max},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.stream_window_bytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<uint32_t>(limits.header_bytes_max)},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  };
  CHECK(nghttp2_submit_settings(impl_->session, NGHTTP2_FLAG_NONE, settings, std::size(settings)) ==
        0);
  CHECK(nghttp2_session_set_local_window_size(
            impl_->session, NGHTTP2_FLAG_NONE, 0,
            static_cast<int32_t>(limits.connection_window_bytes)) == 0);
}

ServerSession::~ServerSession() {
  impl_->stopped = true;
  nghttp2_session_del(impl_->session);
}

absl::Status ServerSession::Receive(std::string_view bytes) {
  if (impl_->stopped) return Aborted("the session has ended");
  if (impl_->faulted) {
    impl_->stopped = true;
    GoAway(Code::kCalm);
    return ResourceExhausted("too many streams that had to be reset");
  }
  ssize_t read = nghttp2_session_mem_recv(
      impl_->session, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  if (impl_->abused) {
    impl_->abused = false;
    GoAway(Code::kCalm);
    return ResourceExhausted("too many frames that carry nothing");
  }
  if (read < 0) {
    impl_->stopped = true;
    const bool flood = read == NGHTTP2_ERR_FLOODED || read == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS;
    GoAway(flood ? Code::kCalm : Code::kProtocolError);
    return InvalidArgument("{}", nghttp2_strerror(static_cast<int>(read)));
  }
  return absl::OkStatus();
}

void ServerSession::Stop() {
  impl_->stopped = true;
}

bool ServerSession::Produce(std::string* out, size_t bytes_max) {
  const size_t end = out->size() + bytes_max;
  while (out->size() < end) {
    const uint8_t* bytes = nullptr;
    ssize_t size = nghttp2_session_mem_send(impl_->session, &bytes);
    if (size <= 0) return false;
    out->append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  }
  return true;
}

bool ServerSession::wants_write() const {
  return nghttp2_session_want_write(impl_->session) != 0;
}

bool ServerSession::finished() const {
  return nghttp2_session_want_read(impl_->session) == 0 &&
         nghttp2_session_want_write(impl_->session) == 0;
}

bool ServerSession::in_head() const {
  return impl_->in_head;
}

absl::Status ServerSession::Respond(int32_t id, const Answer& answer) {
  const ResponseHead& head = answer.head;
  Impl::Stream* stream = impl_->Find(id);
  if (stream == nullptr) return absl::OkStatus();
  if (head.status < 200 || head.status > 599) {
    return InvalidArgument("status {} cannot be sent; expected 200 to 599", head.status);
  }
  std::array<char, 3> status;
  std::to_chars(status.data(), status.data() + status.size(), head.status);
  std::array<char, 20> length;
  std::vector<nghttp2_nv>& fields = impl_->fields;
  fields.clear();
  fields.push_back(FieldOf(":status", {status.data(), status.size()}));
  for (const Headers::Field field : head.headers.fields()) {
    if (h1::IsConnectionField(field.name) &&
        !(answer.keep_length && EqualsIgnoreCase(field.name, "content-length") &&
          h1::ParseContentLength(field.value))) {
      continue;
    }
    if (!h1::IsToken(field.name)) return InvalidArgument("'{}' is not a header name", field.name);
    if (!h1::IsFieldValue(field.value)) {
      return InvalidArgument("header {} has a control character in its value", field.name);
    }
    // RFC 9113 section 8.2.1: no white space at either end.
    fields.push_back(FieldOf(field.name, h1::TrimOws(field.value)));
  }
  if (!answer.date.empty() && !head.headers.Has("date")) {
    fields.push_back(FieldOf("date", answer.date));
  }
  if (answer.content_length) {
    auto end =
        std::to_chars(length.data(), length.data() + length.size(), *answer.content_length).ptr;
    fields.push_back(
        FieldOf("content-length", {length.data(), static_cast<size_t>(end - length.data())}));
  }
  nghttp2_data_provider provider{};
  provider.read_callback = Impl::OnRead;
  impl_->Check(nghttp2_submit_response(impl_->session, id, fields.data(), fields.size(),
                                       answer.has_body ? &provider : nullptr));
  return absl::OkStatus();
}

void ServerSession::Continue(int32_t id) {
  const nghttp2_nv head[] = {FieldOf(":status", "100")};
  impl_->Check(nghttp2_submit_headers(impl_->session, NGHTTP2_FLAG_NONE, id, nullptr, head,
                                      std::size(head), nullptr));
}

void ServerSession::Resume(int32_t id) {
  nghttp2_session_resume_data(impl_->session, id);
}

void ServerSession::SetTrailers(int32_t id, Headers&& trailers) {
  if (Impl::Stream* stream = impl_->Find(id)) stream->trailers = std::move(trailers);
}

void ServerSession::Consume(int32_t id, size_t bytes) {
  nghttp2_session_consume(impl_->session, id, bytes);
}

void ServerSession::ConsumeConnection(size_t bytes) {
  nghttp2_session_consume_connection(impl_->session, bytes);
}

void ServerSession::Reset(int32_t id, Code code) {
  nghttp2_submit_rst_stream(impl_->session, NGHTTP2_FLAG_NONE, id, static_cast<uint32_t>(code));
}

void ServerSession::AbandonRequest(int32_t id) {
  Impl::Stream* stream = impl_->Find(id);
  if (stream == nullptr) return;
  stream->abandoned = true;
  impl_->ResetIfAbandoned(id, *stream);
}

void ServerSession::Ping() {
  nghttp2_submit_ping(impl_->session, NGHTTP2_FLAG_NONE, nullptr);
}

void ServerSession::WarnGoAway() {
  nghttp2_submit_shutdown_notice(impl_->session);
}

void ServerSession::GoAway(Code code) {
  nghttp2_submit_goaway(impl_->session, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(impl_->session),
                        static_cast<uint32_t>(code), nullptr, 0);
}

}  // namespace terrella::http::h2
