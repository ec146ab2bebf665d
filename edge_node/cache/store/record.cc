#include "edge_node/cache/store/record.h"

#include "base/check.h"
#include "edge_node/cache/store/bytes.h"
#include "edge_node/cache/store/checksum.h"

namespace terrella::cache {
namespace {

constexpr uint32_t kLogMagic = 0x31474c54;   // "TLG1"
constexpr uint32_t kBodyMagic = 0x31444254;  // "TBD1"
constexpr uint32_t kLive = 0x4556494c;       // "LIVE"
constexpr uint32_t kCheckedFrom = 8, kCheckedTo = 40;
// The body file's length goes where a log record has two lengths: its entry's is limited.
constexpr uint32_t kEntryBytesMax = 8u << 20;

uint32_t MagicOf(RecordKind kind) {
  return kind == RecordKind::kLog ? kLogMagic : kBodyMagic;
}

uint64_t RoundUp(uint64_t bytes) {
  return (bytes + 7) / 8 * 8;
}

}  // namespace

uint64_t RecordHeader::record_bytes() const {
  return RoundUp(uint64_t{kRecordHeaderBytes} + entry_bytes + body_bytes);
}

std::string EncodeHeader(const RecordHeader& header, RecordKind kind, uint64_t file_id) {
  CHECK(header.entry_bytes <= kEntryBytesMax);
  ByteWriter out;
  out.U32(MagicOf(kind)).U32(header.live ? kLive : 0).U64(header.sequence).U64(header.key_hash);
  if (kind == RecordKind::kLog) {
    CHECK(header.body_bytes <= UINT32_MAX);
    out.U32(header.entry_bytes).U32(static_cast<uint32_t>(header.body_bytes));
  } else {
    // 24 bits of entry length, 40 of body length.
    CHECK(header.body_bytes < uint64_t{1} << 40);
    out.U64(uint64_t{header.entry_bytes} << 40 | header.body_bytes);
  }
  out.U64(header.checksum);
  const std::string_view checked =
      std::string_view(out.bytes()).substr(kCheckedFrom, kCheckedTo - kCheckedFrom);
  out.U64(Checksum(checked, file_id));
  return out.Take();
}

std::optional<RecordHeader> DecodeHeader(std::string_view bytes, RecordKind kind,
                                         uint64_t file_id) {
  if (bytes.size() < kRecordHeaderBytes) return std::nullopt;
  ByteReader in(bytes);
  RecordHeader header;
  if (in.U32() != MagicOf(kind)) return std::nullopt;
  header.live = in.U32() == kLive;
  header.sequence = in.U64();
  header.key_hash = in.U64();
  if (kind == RecordKind::kLog) {
    header.entry_bytes = in.U32();
    header.body_bytes = in.U32();
  } else {
    const uint64_t both = in.U64();
    header.entry_bytes = static_cast<uint32_t>(both >> 40);
    header.body_bytes = both & ((uint64_t{1} << 40) - 1);
  }
  header.checksum = in.U64();
  const uint64_t own = in.U64();
  const std::string_view checked = bytes.substr(kCheckedFrom, kCheckedTo - kCheckedFrom);
  if (own != Checksum(checked, file_id) || header.entry_bytes > kEntryBytesMax) {
    return std::nullopt;
  }
  return header;
}

std::string EncodeRecord(uint64_t sequence, uint64_t key_hash, std::string_view entry,
                         std::string_view body, uint64_t file_id) {
  std::string payload;
  payload.reserve(entry.size() + body.size());
  payload.append(entry).append(body);
  const RecordHeader header{.sequence = sequence,
                            .key_hash = key_hash,
                            .entry_bytes = static_cast<uint32_t>(entry.size()),
                            .body_bytes = body.size(),
                            .checksum = Checksum(payload, file_id)};
  std::string record = EncodeHeader(header, RecordKind::kLog, file_id);
  record.append(payload);
  record.resize(header.record_bytes());
  return record;
}

std::optional<DecodedRecord> DecodeRecord(std::string_view bytes, uint64_t file_id) {
  const auto header = DecodeHeader(bytes, RecordKind::kLog, file_id);
  if (!header || !header->live || header->record_bytes() > bytes.size()) return std::nullopt;
  const std::string_view payload =
      bytes.substr(kRecordHeaderBytes, header->entry_bytes + header->body_bytes);
  if (Checksum(payload, file_id) != header->checksum) return std::nullopt;
  return DecodedRecord{*header, payload.substr(0, header->entry_bytes),
                       payload.substr(header->entry_bytes)};
}

uint64_t EntryChecksum(std::string_view entry, uint64_t file_id) {
  return Checksum(entry, file_id);
}

std::string_view DeadWord() {
  static constexpr char kDead[4] = {};
  return {kDead, sizeof kDead};
}

std::string EncodePiece(std::string_view piece, uint64_t index, uint64_t file_id) {
  CHECK(!piece.empty() && piece.size() <= kPieceBytes);
  ByteWriter out;
  out.U64(Checksum(piece, file_id + index));
  std::string bytes = out.Take();
  bytes.append(piece);
  return bytes;
}

std::optional<std::string_view> DecodePiece(std::string_view bytes, uint64_t index,
                                            uint64_t file_id) {
  if (bytes.size() <= kPieceChecksumBytes) return std::nullopt;
  ByteReader in(bytes);
  const uint64_t expected = in.U64();
  const std::string_view piece = bytes.substr(kPieceChecksumBytes);
  if (Checksum(piece, file_id + index) != expected) return std::nullopt;
  return piece;
}

uint64_t PiecesBytes(uint64_t body_bytes) {
  const uint64_t pieces = (body_bytes + kPieceBytes - 1) / kPieceBytes;
  return body_bytes + pieces * kPieceChecksumBytes;
}

}  // namespace terrella::cache
