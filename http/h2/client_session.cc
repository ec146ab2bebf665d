#include "http/h2/client_session.h"

#include <charconv>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/status.h"
#include "http/h1/grammar.h"
#include "http/h2/nghttp2_text.h"

namespace terrella::http::h2 {
namespace {

absl::Status StatusOf(uint32_t code) {
  switch (code) {
    case NGHTTP2_NO_ERROR:
    case NGHTTP2_REFUSED_STREAM:
    case NGHTTP2_CANCEL:
    case NGHTTP2_ENHANCE_YOUR_CALM:
      return Unavailable("the request was given up: {}", nghttp2_http2_strerror(code));
    default:
      return DataLoss("malformed response: {}", nghttp2_http2_strerror(code));
  }
}

}  // namespace

struct ClientSession::Impl {
  struct Stream {
    ResponseHandler* handler = nullptr;
    ResponseHead head = {.status = 0};
    Headers trailers;
    size_t field_bytes = 0, fields = 0;  // of the block that is read
    bool head_done = false, too_large = false;
  };

  static Impl& Of(void* user) { return *static_cast<Impl*>(user); }
  Stream* Find(int32_t id) {
    const auto found = streams.find(id);
    return found == streams.end() ? nullptr : &found->second;
  }

  static int OnBeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                      void* user);
  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int OnData(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size,
                    void* user);
  static int OnClose(nghttp2_session*, int32_t id, uint32_t code, void* user);
  static const nghttp2_session_callbacks* Callbacks();

  void OnHeadersEnd(int32_t id);

  Limits limits;
  nghttp2_session* session = nullptr;
  std::unordered_map<int32_t, Stream> streams;  // a stream's place does not move
};

int ClientSession::Impl::OnBeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  if (Stream* stream = Of(user).Find(frame->hd.stream_id)) {
    stream->field_bytes = stream->fields = 0;
  }
  return 0;
}

int ClientSession::Impl::OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                                  size_t name_size, const uint8_t* value, size_t value_size,
                                  uint8_t, void* user) {
  Impl& self = Of(user);
  Stream* stream = self.Find(frame->hd.stream_id);
  if (stream == nullptr || stream->too_large) return 0;
  stream->field_bytes += name_size + value_size + 32;
  const size_t bytes_max =
      stream->head_done ? self.limits.trailer_bytes_max : self.limits.header_bytes_max;
  if (stream->field_bytes > bytes_max || ++stream->fields > self.limits.header_count_max) {
    stream->too_large = true;
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // resets the stream
  }
  const std::string_view key = ViewOf(name, name_size), text = ViewOf(value, value_size);
  if (key == ":status") {
    std::from_chars(text.data(), text.data() + text.size(), stream->head.status);
  } else {
    (stream->head_done ? stream->trailers : stream->head.headers).Append(key, text);
  }
  return 0;
}

void ClientSession::Impl::OnHeadersEnd(int32_t id) {
  Stream* stream = Find(id);
  if (stream == nullptr || stream->head_done) return;
  if (stream->head.status < 200) {
    stream->head = {.status = 0};  // the final one follows
    return;
  }
  stream->head_done = true;
  if (stream->handler != nullptr) stream->handler->OnHead(std::move(stream->head));
}

int ClientSession::Impl::OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  Impl& self = Of(user);
  const int32_t id = frame->hd.stream_id;
  if (frame->hd.type == NGHTTP2_HEADERS) self.OnHeadersEnd(id);
  const bool may_end = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
  if (!may_end || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
  Stream* stream = self.Find(id);
  if (stream == nullptr) return 0;
  if (ResponseHandler* handler = std::exchange(stream->handler, nullptr)) {
    handler->OnEnd(std::move(stream->trailers));
  }
  return 0;
}

int ClientSession::Impl::OnData(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data,
                                size_t size, void* user) {
  Impl& self = Of(user);
  Stream* stream = self.Find(id);
  if (stream != nullptr && stream->handler != nullptr) {
    stream->handler->OnData(ViewOf(data, size));
  } else {
    nghttp2_session_consume_connection(self.session, size);
  }
  return 0;
}

int ClientSession::Impl::OnClose(nghttp2_session*, int32_t id, uint32_t code, void* user) {
  Impl& self = Of(user);
  auto node = self.streams.extract(id);
  if (node.empty()) return 0;
  Stream& stream = node.mapped();
  if (stream.handler == nullptr) return 0;
  stream.handler->OnFailed(stream.too_large
                               ? ResourceExhausted("malformed response: its head is too large")
                               : StatusOf(code));
  return 0;
}

const nghttp2_session_callbacks* ClientSession::Impl::Callbacks() {
  static const nghttp2_session_callbacks* const callbacks = [] {
    nghttp2_session_callbacks* out = nullptr;
    CHECK(nghttp2_session_callbacks_new(&out) == 0);
    nghttp2_session_callbacks_set_on_begin_headers_callback(out, OnBeginHeaders);
    nghttp2_session_callbacks_set_on_header_callback(out, OnHeader);
    nghttp2_session_callbacks_set_on_frame_recv_callback(out, OnFrame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(out, OnData);
    nghttp2_session_callbacks_set_on_stream_close_callback(out, OnClose);
    return out;
  }();
  return callbacks;
}

ClientSession::ClientSession(const Limits& limits) : impl_(std::make_unique<Impl>()) {
  impl_->limits = limits;
  nghttp2_option* option = nullptr;
  CHECK(nghttp2_option_new(&option) == 0);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_option_set_max_settings(option, limits.settings_max);
  nghttp2_option_set_max_outbound_ack(option, limits.unsent_acks_max);
  nghttp2_option_set_max_continuations(option, limits.continuations_max);
  CHECK(nghttp2_session_client_new2(&impl_->session, Impl::Callbacks(), impl_.get(), option) == 0);
  nghttp2_option_del(option);
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.stream_window_bytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<uint32_t>(limits.header_bytes_max)},
  };
  CHECK(nghttp2_submit_settings(impl_->session, NGHTTP2_FLAG_NONE, settings, std::size(settings)) ==
        0);
  CHECK(nghttp2_session_set_local_window_size(
            impl_->session, NGHTTP2_FLAG_NONE, 0,
            static_cast<int32_t>(limits.connection_window_bytes)) == 0);
}

ClientSession::~ClientSession() {
  for (auto& [id, stream] : impl_->streams) stream.handler = nullptr;
  nghttp2_session_del(impl_->session);
}

absl::StatusOr<int32_t> ClientSession::Request(const RequestHead& head, ResponseHandler& handler) {
  if (!h1::IsToken(head.method)) return InvalidArgument("'{}' is not a method", head.method);
  for (const std::string& text : {head.target, head.host}) {
    if (text.empty() || !h1::IsFieldValue(text) || text.find(' ') != std::string::npos) {
      return InvalidArgument("expected a target and a host without spaces and control characters");
    }
  }
  std::vector<nghttp2_nv> fields = {FieldOf(":method", head.method), FieldOf(":scheme", "http"),
                                    FieldOf(":authority", head.host),
                                    FieldOf(":path", head.target)};
  for (const Headers::Field field : head.headers.fields()) {
    if (h1::IsConnectionField(field.name)) continue;
    if (!h1::IsToken(field.name)) return InvalidArgument("'{}' is not a header name", field.name);
    if (!h1::IsFieldValue(field.value)) {
      return InvalidArgument("header {} has a control character in its value", field.name);
    }
    fields.push_back(FieldOf(field.name, h1::TrimOws(field.value)));
  }
  const int32_t id = nghttp2_submit_request(impl_->session, nullptr, fields.data(), fields.size(),
                                            nullptr, nullptr);
  if (id < 0) return Unavailable("no more requests on this connection: {}", nghttp2_strerror(id));
  impl_->streams[id].handler = &handler;
  return id;
}

absl::Status ClientSession::Receive(std::string_view bytes) {
  const ssize_t read = nghttp2_session_mem_recv(
      impl_->session, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  if (read < 0) return DataLoss("malformed HTTP/2: {}", nghttp2_strerror(static_cast<int>(read)));
  return absl::OkStatus();
}

bool ClientSession::Produce(std::string* out, size_t bytes_max) {
  const size_t end = out->size() + bytes_max;
  while (out->size() < end) {
    const uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(impl_->session, &bytes);
    if (size <= 0) return false;
    out->append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  }
  return true;
}

bool ClientSession::wants_write() const {
  return nghttp2_session_want_write(impl_->session) != 0;
}

bool ClientSession::finished() const {
  return nghttp2_session_want_read(impl_->session) == 0 && !wants_write();
}

bool ClientSession::takes_requests() const {
  return nghttp2_session_check_request_allowed(impl_->session) != 0;
}

void ClientSession::Consume(int32_t stream, size_t bytes) {
  nghttp2_session_consume(impl_->session, stream, bytes);
}

void ClientSession::Cancel(int32_t id) {
  Impl::Stream* stream = impl_->Find(id);
  if (stream == nullptr) return;
  stream->handler = nullptr;
  nghttp2_submit_rst_stream(impl_->session, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
}

}  // namespace terrella::http::h2
