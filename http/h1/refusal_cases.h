// The refusal policy as a table: bytes in, verdict out, the section of the standard that the row is
// about. Test data, shared by the tests of the parser and of the server.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace terrella::http::h1 {

struct RefusalCase {
  std::string_view name;
  std::string_view section;  // of RFC 9112 unless it says otherwise
  std::string bytes;
  // One item a message, separated by " | ": "METHOD TARGET HOST" and, when it has one, " +BODY"; or
  // the status of a refusal, which ends the row; or "..." when the message is not complete.
  std::string_view verdict;
};

std::vector<RefusalCase> RefusalCases();

}  // namespace terrella::http::h1
