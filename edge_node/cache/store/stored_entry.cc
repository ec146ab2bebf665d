#include "edge_node/cache/store/stored_entry.h"

#include <fmt/format.h>

#include "base/status.h"
#include "edge_node/cache/store/bytes.h"

namespace terrella::cache {
namespace {

constexpr uint8_t kFormat = 1;
constexpr uint32_t kListMax = 4096;
constexpr int64_t kNoNumber = -1;
constexpr Duration kTimeMax = std::chrono::hours(24 * 365 * 200);

// Within what time arithmetic can take.
bool IsSane(const StoredHead& head) {
  for (const Duration time :
       {head.response_time.time_since_epoch(), head.initial_age, head.lifetime}) {
    if (time < Duration(0) || time > kTimeMax) return false;
  }
  return true;
}

void WriteList(ByteWriter& out, const std::vector<std::string>& list) {
  out.U32(static_cast<uint32_t>(list.size()));
  for (const std::string& item : list) out.Text(item);
}

bool ReadList(ByteReader& in, std::vector<std::string>& list) {
  const uint32_t count = in.U32();
  if (count > kListMax) return false;
  for (uint32_t i = 0; i < count && !in.failed(); ++i) list.emplace_back(in.Text());
  return true;
}

int64_t Nanos(WallTime time) {
  return time.time_since_epoch().count();
}

std::optional<int64_t> ReadOptional(ByteReader& in) {
  const int64_t value = in.I64();
  if (value < 0) return std::nullopt;
  return value;
}

}  // namespace

size_t StoredEntry::memory_bytes() const {
  size_t bytes = sizeof(StoredEntry) + key.size() + body.size();
  for (const auto field : head.headers.fields()) {
    bytes += field.name.size() + field.value.size() + 16;
  }
  for (const std::string& tag : head.tags) bytes += tag.size() + 32;
  return bytes;
}

std::string EncodeEntry(const StoredEntry& entry) {
  ByteWriter out;
  const StoredHead& head = entry.head;
  out.U8(kFormat).U8(entry.is_vary_index ? 1 : 0).Text(entry.key).U64(entry.generation);
  out.U32(static_cast<uint32_t>(head.status)).Text(head.reason);
  out.I64(Nanos(head.response_time)).I64(head.initial_age.count()).I64(head.lifetime.count());
  out.U8(static_cast<uint8_t>((head.no_cache ? 1 : 0) | (head.forbids_stale ? 2 : 0)));
  out.I64(head.stale_while_revalidate_s.value_or(kNoNumber));
  out.I64(head.stale_if_error_s.value_or(kNoNumber));
  out.U64(head.purge_stamp);
  WriteList(out, head.vary);
  WriteList(out, head.tags);
  out.U32(static_cast<uint32_t>(head.headers.size()));
  for (const auto field : head.headers.fields()) out.Text(field.name).Text(field.value);
  return out.Take();
}

absl::StatusOr<StoredEntry> DecodeEntry(std::string_view bytes) {
  ByteReader in(bytes);
  StoredEntry entry;
  StoredHead& head = entry.head;
  if (in.U8() != kFormat) return DataLoss("a cache entry of another format");
  entry.is_vary_index = in.U8() != 0;
  entry.key = in.Text();
  entry.generation = in.U64();
  head.status = static_cast<int>(in.U32());
  head.reason = in.Text();
  head.response_time = WallTime(Duration(in.I64()));
  head.initial_age = Duration(in.I64());
  head.lifetime = Duration(in.I64());
  const uint8_t flags = in.U8();
  head.no_cache = (flags & 1) != 0;
  head.forbids_stale = (flags & 2) != 0;
  head.stale_while_revalidate_s = ReadOptional(in);
  head.stale_if_error_s = ReadOptional(in);
  head.purge_stamp = in.U64();
  bool good = ReadList(in, head.vary) && ReadList(in, head.tags);
  const uint32_t fields = in.U32();
  good &= fields <= kListMax;
  for (uint32_t i = 0; good && i < fields && !in.failed(); ++i) {
    const std::string_view name = in.Text();
    head.headers.Append(name, in.Text());
  }
  if (!good || !in.Done() || !IsSane(head)) return DataLoss("a cache entry that is cut or damaged");
  return entry;
}

std::string VariantKey(const StoredEntry& index, std::string_view values) {
  return fmt::format("{}\nvary={:x}\n{}", index.key, index.generation, values);
}

}  // namespace terrella::cache
