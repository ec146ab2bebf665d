// What the cache finds on its disk: a record, an entry, a footer, a piece, and a whole folder with
// such a file. Nothing may crash, and nothing that is not whole may be taken for a response.
//
// Input: the first byte says what the rest is.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>

#include "base/check.h"
#include "edge_node/cache/store/record.h"
#include "edge_node/cache/store/store.h"

using namespace terrella::cache;

namespace {

namespace fs = std::filesystem;

// A folder whose one file holds the input, opened and asked.
void OpenFolder(std::string_view bytes, const char* name) {
  static const fs::path folder = [] {
    std::string pattern = (fs::temp_directory_path() / "terrella-fuzz-XXXXXX").string();
    CHECK(mkdtemp(pattern.data()) != nullptr);
    return fs::path(pattern);
  }();
  std::error_code ignored;
  for (const auto& file : fs::directory_iterator(folder)) {
    if (file.path().filename() != "seed-1") fs::remove(file.path(), ignored);
  }
  const StoreOptions options{.memory_bytes_max = 1 << 16,
                             .disk = DiskOptions{.folder = folder, .bytes_max = 1 << 20}};
  if (!fs::exists(folder / "seed-1")) Store::Open(options).value();
  std::ofstream(folder / name, std::ios::binary) << bytes;
  auto store = Store::Open(options).value();
  std::promise<void> done;
  store->AfterWrites([&] { done.set_value(); });
  done.get_future().wait();
  CHECK(store->Find("key").outcome != Store::Outcome::kFound);  // no input knows the seed
  CHECK(store->Statistics().disk.bytes <= 1 << 20);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      if (const auto entry = DecodeEntry(bytes); entry.ok()) {
        const std::string again = EncodeEntry(*entry);
        CHECK(EncodeEntry(DecodeEntry(again).value()) == again);
      }
      break;
    case 1:
      if (const auto record = DecodeRecord(bytes, 1)) {
        CHECK(record->header.record_bytes() <= bytes.size());
      }
      break;
    case 2: {
      // The same behind a header that is right, so that what follows is looked at.
      const std::string record = EncodeRecord(1, 2, bytes, "", 1);
      CHECK(DecodeRecord(record, 1)->entry == bytes);
      DecodeHeader(bytes, RecordKind::kBodyFile, 1);
      DecodePiece(bytes, 0, 1);
      break;
    }
    case 3:
      OpenFolder(bytes, "log-s-0000000000000001");
      break;
    default:
      OpenFolder(bytes, "body-0000000000000001");
  }
  return 0;
}
