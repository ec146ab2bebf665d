#include "control_plane/events/log_match.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/match.h"
#include "base/status.h"
#include "bundle/tail_wish.h"

namespace terrella::control {
namespace {

bool HasHeader(const v1::TailEvent& event, std::string_view wanted) {
  const bundle::HeaderWish wish(wanted);
  return std::any_of(event.headers().begin(), event.headers().end(),
                     [&](const v1::TailHeader& header) {
                       return absl::EqualsIgnoreCase(ToAbsl(header.name()), ToAbsl(wish.name)) &&
                              header.value().find(wish.part) != std::string::npos;
                     });
}

}  // namespace

bool LogMatches(const v1::TailFilter& filter, const v1::TailEvent& event) {
  return bundle::WantsPop(filter, event.pop()) && bundle::WantsMethod(filter, event.method()) &&
         bundle::WantsVersion(filter, event.version_id()) &&
         bundle::WantsCity(filter, event.city()) &&
         std::all_of(filter.headers().begin(), filter.headers().end(),
                     [&](std::string_view header) { return HasHeader(event, header); }) &&
         bundle::WantsEnd(filter, event);
}

}  // namespace terrella::control
