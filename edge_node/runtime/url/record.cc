#include "edge_node/runtime/url/record.h"

namespace terrella::runtime {

SchemeKind SchemeKindOf(std::string_view scheme) {
  if (scheme == "http") return SchemeKind::kHttp;
  if (scheme == "https") return SchemeKind::kHttps;
  if (scheme == "ws") return SchemeKind::kWs;
  if (scheme == "wss") return SchemeKind::kWss;
  if (scheme == "ftp") return SchemeKind::kFtp;
  if (scheme == "file") return SchemeKind::kFile;
  return SchemeKind::kOther;
}

std::optional<uint16_t> DefaultPort(SchemeKind kind) {
  switch (kind) {
    case SchemeKind::kHttp:
    case SchemeKind::kWs:
      return 80;
    case SchemeKind::kHttps:
    case SchemeKind::kWss:
      return 443;
    case SchemeKind::kFtp:
      return 21;
    case SchemeKind::kFile:
    case SchemeKind::kOther:
      return std::nullopt;
  }
  return std::nullopt;
}

void UrlRecord::SetScheme(std::string_view name) {
  scheme = name;
  kind = SchemeKindOf(name);
}

void UrlRecord::SetPort(uint16_t value) {
  if (DefaultPort(kind) == value) {
    port.reset();
  } else {
    port = value;
  }
}

}  // namespace terrella::runtime
