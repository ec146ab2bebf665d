// The on-disk formats: what is written is read back, and nothing else is.
#include "edge_node/cache/store/record.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "edge_node/cache/policy/testing.h"
#include "edge_node/cache/store/stored_entry.h"

namespace terrella::cache {
namespace {

StoredEntry Sample() {
  StoredEntry entry;
  entry.key = "script\n\nhttp://h/p";
  entry.head = {.status = 203,
                .reason = "Fine",
                .headers = HeadersOf("Content-Type: text/plain|X: 1|X: 2"),
                .response_time = kNoon,
                .initial_age = std::chrono::seconds(3),
                .lifetime = std::chrono::seconds(60),
                .forbids_stale = true,
                .stale_while_revalidate_s = 30,
                .vary = {"accept", "x"},
                .tags = {"blog"},
                .purge_stamp = 77};
  return entry;
}

TEST(StoredEntry, ComesBackAsItWent) {
  const StoredEntry entry = Sample();
  const auto back = DecodeEntry(EncodeEntry(entry));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->key, entry.key);
  EXPECT_EQ(back->head.status, 203);
  EXPECT_EQ(back->head.reason, "Fine");
  EXPECT_EQ(back->head.headers.Combined("x"), "1, 2");
  EXPECT_EQ(back->head.response_time, kNoon);
  EXPECT_EQ(back->head.initial_age, entry.head.initial_age);
  EXPECT_EQ(back->head.lifetime, entry.head.lifetime);
  EXPECT_FALSE(back->head.no_cache);
  EXPECT_TRUE(back->head.forbids_stale);
  EXPECT_EQ(back->head.stale_while_revalidate_s, 30);
  EXPECT_EQ(back->head.stale_if_error_s, std::nullopt);
  EXPECT_EQ(back->head.vary, entry.head.vary);
  EXPECT_EQ(back->head.tags, entry.head.tags);
  EXPECT_EQ(back->head.purge_stamp, 77u);
}

TEST(StoredEntry, CutAnywhereItIsRefused) {
  const std::string bytes = EncodeEntry(Sample());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeEntry(std::string_view(bytes).substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(DecodeEntry(bytes + "x").ok());
}

TEST(StoredEntry, VariantsOfAnotherGenerationHaveOtherKeys) {
  StoredEntry index = Sample();
  index.generation = 1;
  const std::string first = VariantKey(index, "accept=a\n");
  EXPECT_NE(first, VariantKey(index, "accept=b\n"));
  index.generation = 2;
  EXPECT_NE(first, VariantKey(index, "accept=a\n"));
}

TEST(Record, NoFlippedBitGoesUnseen) {
  const std::string record = EncodeRecord(/*sequence=*/5, /*key_hash=*/9, "entry", "some body", 3);
  ASSERT_EQ(record.size() % 8, 0u);
  const auto good = DecodeRecord(record, 3);
  ASSERT_TRUE(good);
  EXPECT_EQ(good->entry, "entry");
  EXPECT_EQ(good->body, "some body");
  EXPECT_EQ(good->header.sequence, 5u);
  EXPECT_EQ(good->header.record_bytes(), record.size());
  const size_t covered = kRecordHeaderBytes + 5 + 9;  // behind it there are zeros
  for (size_t bit = 0; bit < covered * 8; ++bit) {
    std::string bad = record;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(DecodeRecord(bad, 3)) << "bit " << bit;
  }
  for (size_t size = 0; size < record.size(); ++size) {
    EXPECT_FALSE(DecodeRecord(std::string_view(record).substr(0, size), 3)) << size;
  }
  EXPECT_FALSE(DecodeRecord(record, 4)) << "bytes of another file";
}

TEST(Record, TheDeadWordKillsItAndLeavesItsHeaderReadable) {
  std::string record = EncodeRecord(5, 9, "entry", "body", 3);
  record.replace(kStateOffset, DeadWord().size(), DeadWord());
  EXPECT_FALSE(DecodeRecord(record, 3));
  const auto header = DecodeHeader(record, RecordKind::kLog, 3);
  ASSERT_TRUE(header) << "recovery must find the next record";
  EXPECT_FALSE(header->live);
  EXPECT_EQ(header->record_bytes(), record.size());
}

TEST(Record, AFooterHoldsLongBodies) {
  const RecordHeader footer{.entry_bytes = 4000, .body_bytes = (uint64_t{1} << 40) - 1};
  const auto back =
      DecodeHeader(EncodeHeader(footer, RecordKind::kBodyFile, 1), RecordKind::kBodyFile, 1);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->entry_bytes, 4000u);
  EXPECT_EQ(back->body_bytes, footer.body_bytes);
  EXPECT_FALSE(DecodeHeader(EncodeHeader(footer, RecordKind::kBodyFile, 1), RecordKind::kLog, 1));
}

TEST(Record, APieceBelongsToItsPlaceInItsFile) {
  const std::string piece = EncodePiece("abc", 2, 7);
  EXPECT_EQ(DecodePiece(piece, 2, 7), "abc");
  EXPECT_FALSE(DecodePiece(piece, 3, 7));
  EXPECT_FALSE(DecodePiece(piece, 2, 8));
  EXPECT_FALSE(DecodePiece(piece.substr(0, piece.size() - 1), 2, 7));
  EXPECT_EQ(PiecesBytes(0), 0u);
  EXPECT_EQ(PiecesBytes(kPieceBytes), kPieceBytes + 8u);
  EXPECT_EQ(PiecesBytes(kPieceBytes + 1), kPieceBytes + 17u);
}

}  // namespace
}  // namespace terrella::cache
