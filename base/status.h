// Status helpers: errors are absl::Status at every boundary, their texts written with fmt.
//
// Debian's absl::string_view is not std::string_view, so the two meet only here: project code
// speaks std::string_view and crosses over with ToAbsl / ToStd.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace terrella {

inline absl::string_view ToAbsl(std::string_view s) {
  return {s.data(), s.size()};
}
inline std::string_view ToStd(absl::string_view s) {
  return {s.data(), s.size()};
}

// The message of a status, for printing.
inline std::string_view Message(const absl::Status& status) {
  return ToStd(status.message());
}

template <class... Args>
absl::Status MakeStatus(absl::StatusCode code, fmt::format_string<Args...> format, Args&&... args) {
  return absl::Status(code, ToAbsl(fmt::format(format, std::forward<Args>(args)...)));
}

#define TERRELLA_STATUS_MAKER(Name, code)                                           \
  template <class... Args>                                                          \
  absl::Status Name(fmt::format_string<Args...> format, Args&&... args) {           \
    return MakeStatus(absl::StatusCode::code, format, std::forward<Args>(args)...); \
  }
TERRELLA_STATUS_MAKER(InvalidArgument, kInvalidArgument)
TERRELLA_STATUS_MAKER(NotFound, kNotFound)
TERRELLA_STATUS_MAKER(AlreadyExists, kAlreadyExists)
TERRELLA_STATUS_MAKER(FailedPrecondition, kFailedPrecondition)
TERRELLA_STATUS_MAKER(ResourceExhausted, kResourceExhausted)
TERRELLA_STATUS_MAKER(OutOfRange, kOutOfRange)
TERRELLA_STATUS_MAKER(Unavailable, kUnavailable)
TERRELLA_STATUS_MAKER(DeadlineExceeded, kDeadlineExceeded)
TERRELLA_STATUS_MAKER(PermissionDenied, kPermissionDenied)
TERRELLA_STATUS_MAKER(Aborted, kAborted)
TERRELLA_STATUS_MAKER(Cancelled, kCancelled)
TERRELLA_STATUS_MAKER(DataLoss, kDataLoss)
TERRELLA_STATUS_MAKER(Internal, kInternal)
TERRELLA_STATUS_MAKER(Unimplemented, kUnimplemented)
#undef TERRELLA_STATUS_MAKER

}  // namespace terrella

// Returns early with the error of an absl::Status expression.
#define RETURN_IF_ERROR(expression)                                         \
  do {                                                                      \
    if (absl::Status status_ = (expression); !status_.ok()) return status_; \
  } while (false)

// ASSIGN_OR_RETURN(auto x, F()): binds the value of a StatusOr, or returns its error.
#define TERRELLA_CONCAT_INNER(a, b) a##b
#define TERRELLA_CONCAT(a, b) TERRELLA_CONCAT_INNER(a, b)
#define ASSIGN_OR_RETURN(declaration, expression) \
  TERRELLA_ASSIGN_OR_RETURN(TERRELLA_CONCAT(result_, __LINE__), declaration, expression)
#define TERRELLA_ASSIGN_OR_RETURN(result, declaration, expression) \
  auto result = (expression);                                      \
  if (!result.ok()) return std::move(result).status();             \
  declaration = *std::move(result)
