#include "http/h1/framer.h"

#include <llhttp.h>

namespace terrella::http::h1 {

struct FramerCallbacks {
  static Framer& Of(llhttp_t* parser) { return *static_cast<Framer*>(parser->data); }

  static int OnHeadersComplete(llhttp_t* parser) {
    Framer& self = Of(parser);
    parser->upgrade = 0;  // an offer to switch protocols is ignored (RFC 9110 section 7.8)
    if (self.framing_.no_body) {
      self.framing_agrees_ = true;
      return 1;  // no body follows
    }
    bool chunked = (parser->flags & F_CHUNKED) != 0;
    bool has_length = (parser->flags & F_CONTENT_LENGTH) != 0;
    self.framing_agrees_ =
        chunked == self.framing_.chunked &&
        chunked == ((parser->flags & F_TRANSFER_ENCODING) != 0) &&
        has_length == self.framing_.content_length.has_value() &&
        (!has_length || parser->content_length == *self.framing_.content_length) &&
        (llhttp_message_needs_eof(parser) != 0) == self.framing_.until_close;
    return self.framing_agrees_ ? 0 : -1;
  }
  static int OnBody(llhttp_t* parser, const char* at, size_t length) {
    if (length == 0) return 0;
    Of(parser).data_ = {at, length};
    return HPE_PAUSED;
  }
  static int OnChunkHeader(llhttp_t* parser) {
    if (parser->content_length != 0) return 0;
    Of(parser).last_chunk_ = true;
    return HPE_PAUSED;
  }
  // Chunk extensions are refused: nobody uses them, and parsers differ on how to skip them.
  static int OnChunkExtension(llhttp_t* parser, const char*, size_t) {
    Of(parser).refused_ = true;
    return HPE_USER;
  }
  static int OnMessageComplete(llhttp_t* parser) {
    Of(parser).complete_ = true;
    return HPE_PAUSED;
  }

  static const llhttp_settings_t& Settings() {
    static const llhttp_settings_t settings = [] {
      llhttp_settings_t out;
      llhttp_settings_init(&out);
      out.on_headers_complete = OnHeadersComplete;
      out.on_body = OnBody;
      out.on_chunk_header = OnChunkHeader;
      out.on_chunk_extension_name = OnChunkExtension;
      out.on_chunk_extension_value = OnChunkExtension;
      out.on_message_complete = OnMessageComplete;
      return out;
    }();
    return settings;
  }
};

Framer::Framer(Kind kind) : llhttp_(std::make_unique<llhttp__internal_s>()), kind_(kind) {}
Framer::~Framer() = default;

bool Framer::Begin(std::string_view head, const Framing& framing) {
  framing_ = framing;
  framing_agrees_ = complete_ = last_chunk_ = refused_ = false;
  data_ = {};
  llhttp_init(llhttp_.get(), kind_ == Kind::kRequest ? HTTP_REQUEST : HTTP_RESPONSE,
              &FramerCallbacks::Settings());
  llhttp_->data = this;
  llhttp_errno_t error = llhttp_execute(llhttp_.get(), head.data(), head.size());
  if (!framing_agrees_) return false;
  if (complete_) {
    return error == HPE_PAUSED && llhttp_get_error_pos(llhttp_.get()) == head.data() + head.size();
  }
  return error == HPE_OK;
}

Framer::Step Framer::Next(std::string_view* input, std::string_view* data) {
  if (complete_) return Step::kEnd;
  if (refused_) return Step::kBad;
  bool paused = llhttp_get_errno(llhttp_.get()) == HPE_PAUSED;
  if (paused) {
    llhttp_resume(llhttp_.get());
  } else if (input->empty()) {
    return Step::kNeedMore;
  }
  // After a pause llhttp is run even without input: the end of the message may be all that is left
  // to say.
  if (input->empty()) *input = std::string_view("", 0);
  llhttp_errno_t error = llhttp_execute(llhttp_.get(), input->data(), input->size());
  if (error == HPE_OK) {
    *input = {};
    return Step::kNeedMore;
  }
  if (error != HPE_PAUSED) {
    refused_ = true;
    return Step::kBad;
  }
  input->remove_prefix(static_cast<size_t>(llhttp_get_error_pos(llhttp_.get()) - input->data()));
  if (complete_) return Step::kEnd;
  if (last_chunk_) {
    last_chunk_ = false;
    return Step::kLastChunk;
  }
  *data = data_;
  return Step::kData;
}

}  // namespace terrella::http::h1
