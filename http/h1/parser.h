// What the request and the response parser share: their events and their verdict.
#pragma once

#include <string_view>

namespace terrella::http::h1 {

enum class Event {
  kNeedMore,  // all input is used up
  kHead,      // the head is complete: TakeHead()
  kBody,      // body() is the next piece
  kEnd,       // the message is complete; what is left of the input belongs to the next one
  kError,     // refused: error(). The connection is of no use any more.
};

// Why a message was refused: the status to answer with, and a phrase for people and logs.
struct ParseError {
  int status = 0;
  const char* reason = "";
};

}  // namespace terrella::http::h1
