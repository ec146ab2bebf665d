#include "edge_node/runtime/crypto/der.h"

#include "base/status.h"

namespace terrella::runtime {
namespace {

absl::Status Malformed(std::string_view what) {
  return InvalidArgument("malformed DER: {}", what);
}

uint8_t ByteAt(std::string_view bytes, size_t index) {
  return static_cast<uint8_t>(bytes[index]);
}

}  // namespace

absl::StatusOr<std::string_view> DerReader::Read(DerTag tag) {
  if (!NextIs(tag)) {
    return InvalidArgument("malformed DER: expected tag 0x{:02x}, found {}",
                           static_cast<uint8_t>(tag),
                           empty() ? "the end" : fmt::format("0x{:02x}", ByteAt(rest_, 0)));
  }
  if (rest_.size() < 2) return Malformed("no length");
  size_t length = ByteAt(rest_, 1);
  size_t header = 2;
  if (length >= 0x80) {
    const size_t count = length - 0x80;
    if (count == 0 || count > 4 || rest_.size() < 2 + count) return Malformed("bad length");
    length = 0;
    for (size_t i = 0; i < count; ++i) length = length << 8 | ByteAt(rest_, 2 + i);
    if (length < 0x80 || ByteAt(rest_, 2) == 0) return Malformed("a length not in its short form");
    header += count;
  }
  if (rest_.size() - header < length) return Malformed("shorter than it says");
  const std::string_view content = rest_.substr(header, length);
  rest_.remove_prefix(header + length);
  return content;
}

absl::StatusOr<DerReader> DerReader::Enter(DerTag tag) {
  ASSIGN_OR_RETURN(const std::string_view content, Read(tag));
  return DerReader(content);
}

absl::StatusOr<std::string_view> DerReader::ReadUnsigned() {
  ASSIGN_OR_RETURN(std::string_view content, Read(DerTag::kInteger));
  if (content.empty() || ByteAt(content, 0) >= 0x80) return Malformed("a number below zero");
  if (ByteAt(content, 0) == 0) {
    content.remove_prefix(1);
    if (!content.empty() && ByteAt(content, 0) < 0x80) return Malformed("a number's leading zero");
  }
  return content;
}

absl::StatusOr<std::string_view> DerReader::ReadBits(DerTag tag) {
  ASSIGN_OR_RETURN(const std::string_view content, Read(tag));
  if (content.empty() || content[0] != 0) return Malformed("bits that are no whole bytes");
  return content.substr(1);
}

absl::Status DerReader::End() const {
  return empty() ? absl::OkStatus() : Malformed("something follows");
}

std::string Der(DerTag tag, std::string_view content) {
  std::string out(1, static_cast<char>(tag));
  if (content.size() < 0x80) {
    out += static_cast<char>(content.size());
  } else {
    std::string length;
    for (size_t rest = content.size(); rest > 0; rest >>= 8) {
      length.insert(length.begin(), static_cast<char>(rest));
    }
    out += static_cast<char>(0x80 | length.size());
    out += length;
  }
  out += content;
  return out;
}

std::string DerSequence(std::initializer_list<std::string_view> parts) {
  std::string content;
  for (std::string_view part : parts) content += part;
  return Der(DerTag::kSequence, content);
}

std::string DerUnsigned(std::string_view bytes) {
  while (bytes.size() > 1 && bytes[0] == 0) bytes.remove_prefix(1);
  std::string content(bytes);
  if (content.empty() || ByteAt(content, 0) >= 0x80) content.insert(content.begin(), '\0');
  return Der(DerTag::kInteger, content);
}

std::string DerBits(std::string_view bytes, DerTag tag) {
  return Der(tag, std::string(1, '\0').append(bytes));
}

}  // namespace terrella::runtime
