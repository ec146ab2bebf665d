#include "edge_node/runtime/compression/content_coding.h"

#include <utility>

#include "http/message/headers.h"

namespace terrella::runtime {
namespace {

constexpr size_t kCodingsMax = 4;

std::string_view Strip(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<CodecFormat> FormatOf(std::string_view coding) {
  using http::EqualsIgnoreCase;
  if (EqualsIgnoreCase(coding, "gzip") || EqualsIgnoreCase(coding, "x-gzip")) {
    return CodecFormat::kGzip;
  }
  if (EqualsIgnoreCase(coding, "deflate")) return CodecFormat::kDeflate;
  if (EqualsIgnoreCase(coding, "br")) return CodecFormat::kBrotli;
  return std::nullopt;
}

std::unique_ptr<http::BodySource> Code(std::unique_ptr<http::BodySource> body, CodecFormat format,
                                       CodedBody::Direction direction,
                                       const MakeMeter& make_meter) {
  return std::make_unique<CodedBody>(std::move(body),
                                     CodedBody::Options{.format = format, .direction = direction},
                                     make_meter ? make_meter() : nullptr);
}

}  // namespace

std::optional<std::vector<CodecFormat>> ParseContentCodings(std::string_view value) {
  std::vector<CodecFormat> codings;
  while (!value.empty()) {
    const std::string_view piece = value.substr(0, value.find(','));
    value.remove_prefix(std::min(piece.size() + 1, value.size()));
    const std::string_view coding = Strip(piece);
    if (coding.empty() || http::EqualsIgnoreCase(coding, "identity")) continue;
    const auto format = FormatOf(coding);
    if (!format || codings.size() == kCodingsMax) return std::nullopt;
    codings.push_back(*format);
  }
  return codings;
}

std::unique_ptr<http::BodySource> DecodeContent(std::unique_ptr<http::BodySource> body,
                                                const std::vector<CodecFormat>& codings,
                                                const MakeMeter& make_meter) {
  for (auto coding = codings.rbegin(); coding != codings.rend(); ++coding) {
    body = Code(std::move(body), *coding, CodedBody::Direction::kDecode, make_meter);
  }
  return body;
}

std::unique_ptr<http::BodySource> EncodeContent(std::unique_ptr<http::BodySource> body,
                                                const std::vector<CodecFormat>& codings,
                                                const MakeMeter& make_meter) {
  for (CodecFormat coding : codings) {
    body = Code(std::move(body), coding, CodedBody::Direction::kEncode, make_meter);
  }
  return body;
}

}  // namespace terrella::runtime
