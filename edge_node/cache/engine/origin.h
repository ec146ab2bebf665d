// Origin: whom the cache asks for what it does not have, and how answers come.
//
// Thread: one loop's. No callback comes from inside the call that started it.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "http/message/body.h"
#include "http/message/message.h"

namespace terrella::cache {

struct OriginRequest {
  std::string method;
  std::string url;  // absolute, normalised, without fragment
  http::Headers headers;
  std::unique_ptr<http::BodySource> body;  // null when there is none
};

class AnswerObserver {
 public:
  virtual ~AnswerObserver() = default;
  // Exactly one of the two, once. The observer may destroy the Pending from either; the body is on
  // its own. Null body: none.
  virtual void OnAnswer(http::ResponseHead head, std::unique_ptr<http::BodySource> body) = 0;
  virtual void OnError(const absl::Status& status) = 0;
};

// A question under way; destroying it cancels it.
class Pending {
 public:
  virtual ~Pending() = default;
};

class Origin {
 public:
  virtual ~Origin() = default;
  virtual std::unique_ptr<Pending> Ask(OriginRequest request, AnswerObserver& observer) = 0;
};

}  // namespace terrella::cache
