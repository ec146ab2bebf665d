// Records: how the cache writes responses to disk, and how it tells afterwards that they are whole.
//
// Two kinds of files. A log file is a run of records, each an entry with its whole body:
//
//   0  u32 magic            16  u64 key hash       32  u64 checksum of what follows the header
//   4  u32 live or dead     24  u32 entry bytes    40  u64 checksum of bytes 8 to 40
//   8  u64 sequence         28  u32 body bytes     48  entry, body, zeros up to a multiple of 8
//
// A body file is the body of one large entry in pieces of 64 KiB, each behind its own checksum,
// then the entry and a footer of the same 48 bytes as a record's header, which says how long both
// are. A newer entry for the same body is written behind the old one with a footer of its own.
//
// Numbers are little-endian. Checksums are seeded with the file's id, so that bytes of one file
// are never taken for those of another. "Dead" is the one word that is written over: it is not
// covered, and everything else than "live" counts as dead.
//
// An entry is the key and a StoredHead (stored_entry.h). Sequences grow with every write of a node:
// of two live records of one key the higher counts.
//
// Thread: any; pure functions over bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace terrella::cache {

inline constexpr uint32_t kRecordHeaderBytes = 48;
inline constexpr uint32_t kStateOffset = 4;  // of the word that says live or dead
inline constexpr uint32_t kPieceBytes = 64 << 10;
inline constexpr uint32_t kPieceChecksumBytes = 8;

struct RecordHeader {
  bool live = true;
  uint64_t sequence = 0;
  uint64_t key_hash = 0;
  uint32_t entry_bytes = 0;
  uint64_t body_bytes = 0;  // of a log record: below 2^32
  uint64_t checksum = 0;    // of entry and body (log), or of the entry (body file)

  // Length of a record in a log.
  uint64_t record_bytes() const;
};

enum class RecordKind { kLog, kBodyFile };

// The 48 bytes.
std::string EncodeHeader(const RecordHeader& header, RecordKind kind, uint64_t file_id);
// Nothing when they are no header of that file.
std::optional<RecordHeader> DecodeHeader(std::string_view bytes, RecordKind kind, uint64_t file_id);

// A whole log record.
std::string EncodeRecord(uint64_t sequence, uint64_t key_hash, std::string_view entry,
                         std::string_view body, uint64_t file_id);
struct DecodedRecord {
  RecordHeader header;
  std::string_view entry;
  std::string_view body;
};
// Nothing when `bytes` is not one whole, undamaged record. Views into `bytes`.
std::optional<DecodedRecord> DecodeRecord(std::string_view bytes, uint64_t file_id);

// The checksum of a body file's entry, for its footer.
uint64_t EntryChecksum(std::string_view entry, uint64_t file_id);

// The word at kStateOffset that makes a record dead.
std::string_view DeadWord();

// A piece of a body with its checksum before it. `index` counts pieces of the file.
std::string EncodePiece(std::string_view piece, uint64_t index, uint64_t file_id);
// Nothing when it is damaged.
std::optional<std::string_view> DecodePiece(std::string_view bytes, uint64_t index,
                                            uint64_t file_id);
// Where a body of that length ends in its file.
uint64_t PiecesBytes(uint64_t body_bytes);

}  // namespace terrella::cache
