// Framer: finds where a message's body ends, with llhttp in strict mode.
//
// It is given a head that our own refusal policy has accepted and judges it a second time: a head
// passes only when both agree on its framing. Then it decodes the body, stopping at each piece, at
// the last chunk (so that the trailer section can be judged line by line first) and at the
// message's last byte.
//
// Thread: one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

struct llhttp__internal_s;

namespace terrella::http::h1 {

// How the end of a body is found (RFC 9112 section 6.3).
struct Framing {
  bool chunked = false;
  std::optional<uint64_t> content_length;
  bool until_close = false;  // responses only
  bool no_body = false;      // whatever the fields say: responses to HEAD, 1xx, 204, 304
};

class Framer {
 public:
  enum class Kind { kRequest, kResponse };
  enum class Step {
    kNeedMore,   // all of the input is used up
    kData,       // `data` is a piece of the body
    kLastChunk,  // the chunk of size 0 has been read; the trailer section comes next
    kEnd,        // the message is complete; the rest of the input is not ours
    kBad,
  };

  explicit Framer(Kind kind);
  ~Framer();

  // Begins a message with its whole head, including the empty line. False: refused, or llhttp reads
  // another framing out of it than `framing`.
  bool Begin(std::string_view head, const Framing& framing);
  // Goes on with the body, taking what it used from the front of `input`.
  Step Next(std::string_view* input, std::string_view* data);

 private:
  friend struct FramerCallbacks;
  std::unique_ptr<llhttp__internal_s> llhttp_;
  const Kind kind_;
  Framing framing_;
  bool framing_agrees_ = false;
  bool complete_ = false;
  bool last_chunk_ = false;
  bool refused_ = false;
  std::string_view data_;
};

}  // namespace terrella::http::h1
