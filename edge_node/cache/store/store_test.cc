// The store as its users see it, over restarts, damage and kills.
#include "edge_node/cache/store/store.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <thread>

#include "base/file.h"
#include "base/random.h"
#include "base/status.h"
#include "base/testing/temp_folder.h"
#include "edge_node/cache/policy/testing.h"

namespace terrella::cache {
namespace {

namespace fs = std::filesystem;

// A body that says which version of which key it is, in every 16 bytes of it.
std::string BodyOf(std::string_view key, uint64_t version, size_t bytes) {
  std::string body;
  CounterRandom random(version, std::hash<std::string_view>()(key));
  while (body.size() < bytes) {
    const uint64_t word = random.Next();
    body.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  body.resize(bytes);
  return body;
}

std::shared_ptr<const StoredEntry> EntryOf(std::string key, uint64_t version, size_t bytes) {
  auto entry = std::make_shared<StoredEntry>();
  entry->key = std::move(key);
  entry->head.response_time = kNoon;
  entry->head.lifetime = std::chrono::seconds(60);
  entry->head.headers = HeadersOf("X-Version: " + std::to_string(version));
  entry->body = BodyOf(entry->key, version, bytes);
  entry->body_bytes = bytes;
  return entry;
}

uint64_t VersionOf(const StoredEntry& entry) {
  return std::stoull(std::string(entry.head.headers.Find("x-version").value_or("0")));
}

class StoreTest : public ::testing::Test {
 protected:
  StoreOptions Options(size_t memory_bytes = 1 << 20, uint64_t disk_bytes = 64 << 20) {
    return {.memory_bytes_max = memory_bytes,
            .disk = DiskOptions{.folder = folder_.path() / "cache", .bytes_max = disk_bytes}};
  }
  void Open(const StoreOptions& options) {
    store_.reset();
    auto store = Store::Open(options);
    ASSERT_TRUE(store.ok()) << Message(store.status());
    store_ = *std::move(store);
    Settle();
  }
  // Everything asked for is on the disk.
  void Settle() {
    std::promise<void> done;
    store_->AfterWrites([&] { done.set_value(); });
    done.get_future().wait();
  }
  std::shared_ptr<const StoredEntry> Find(std::string_view key) {
    const Store::Found found = store_->Find(key);
    if (found.outcome != Store::Outcome::kMustWait) return found.entry;
    std::optional<std::shared_ptr<const StoredEntry>> got;
    const auto read =
        store_->Read(loop_, std::string(key), found, [&](auto entry) { got = entry; });
    while (!got) loop_.RunOnce();
    return *got;
  }
  bool Delete(std::string_view key) {
    std::promise<bool> was_there;
    store_->Delete(key, [&](bool was) { was_there.set_value(was); });
    return was_there.get_future().get();
  }
  // 0: not there. Fails when what is there is not what was put.
  uint64_t Version(const std::string& key, size_t bytes) {
    const auto entry = Find(key);
    if (entry == nullptr) return 0;
    EXPECT_EQ(entry->key, key);
    EXPECT_EQ(entry->body_bytes, bytes);
    const uint64_t version = VersionOf(*entry);
    EXPECT_TRUE(entry->body == BodyOf(key, version, bytes)) << key << " has wrong bytes";
    return version;
  }
  // The body of a large entry, piece by piece; empty when it is damaged.
  std::string ReadLarge(const StoredEntry& entry) {
    std::string body;
    for (uint64_t index = 0; body.size() < entry.body_bytes; ++index) {
      const uint64_t left = entry.body_bytes - body.size();
      const size_t bytes =
          kPieceChecksumBytes + static_cast<size_t>(std::min<uint64_t>(left, kPieceBytes));
      const auto piece = entry.file->ReadAt(index * (kPieceBytes + kPieceChecksumBytes), bytes);
      if (!piece.ok()) return {};
      const auto good = DecodePiece(*piece, index, entry.file->id());
      if (!good) return {};
      body += *good;
    }
    return body;
  }
  absl::Status PutLarge(const std::string& key, uint64_t version, size_t bytes) {
    const auto large = store_->StartLarge(key);
    const std::string body = BodyOf(key, version, bytes);
    constexpr size_t kStep = 4 * kPieceBytes;
    for (size_t at = 0; at < bytes; at += kStep) {
      std::promise<absl::Status> done;
      large->Append(body.substr(at, kStep), [&](absl::Status status) { done.set_value(status); });
      RETURN_IF_ERROR(done.get_future().get());
    }
    StoredEntry entry = *EntryOf(key, version, 0);
    entry.body_bytes = bytes;
    std::promise<absl::Status> done;
    large->Commit(entry, [&](absl::Status status) { done.set_value(status); });
    return done.get_future().get();
  }
  uint64_t BytesOnDisk() {
    uint64_t bytes = 0;
    std::error_code none;
    for (const auto& file : fs::directory_iterator(folder_.path() / "cache", none)) {
      if (file.path().filename() != "seed-1") bytes += fs::file_size(file.path());
    }
    return bytes;
  }

  TempFolder folder_;
  EventLoop loop_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, FindsWhatWasPutAndTheNewestOfIt) {
  Open(Options());
  EXPECT_EQ(Version("a", 100), 0u);
  store_->Put(EntryOf("a", 1, 100));
  EXPECT_EQ(Version("a", 100), 1u);
  store_->Put(EntryOf("a", 2, 100));
  EXPECT_EQ(Version("a", 100), 2u);
  EXPECT_TRUE(Delete("a"));
  EXPECT_EQ(Version("a", 100), 0u);
  EXPECT_FALSE(Delete("a"));
}

TEST_F(StoreTest, ADeletedKeyIsNotFoundFromTheCallOn) {
  Open(Options(/*memory_bytes=*/0));
  store_->Put(EntryOf("a", 1, 100));
  Settle();
  ASSERT_EQ(Version("a", 100), 1u);
  store_->Delete("a", [](bool) {});
  EXPECT_EQ(Version("a", 100), 0u);
  store_->Put(EntryOf("a", 2, 100));
  store_->Delete("a", [](bool) {});
  EXPECT_EQ(Version("a", 100), 0u) << "although its write may be under way";
  Settle();
  EXPECT_EQ(Version("a", 100), 0u);
}

TEST_F(StoreTest, ARestartKeepsTheNewestAndForgetsTheDeleted) {
  Open(Options());
  for (uint64_t version = 1; version <= 3; ++version) store_->Put(EntryOf("a", version, 5000));
  store_->Put(EntryOf("b", 1, 5000));
  ASSERT_TRUE(PutLarge("c", 1, 1'000'000).ok());
  ASSERT_TRUE(PutLarge("c", 2, 1'100'000).ok());
  ASSERT_TRUE(PutLarge("d", 1, 300'000).ok());
  EXPECT_TRUE(Delete("b"));
  EXPECT_TRUE(Delete("d"));
  for (int restart = 0; restart < 3; ++restart) {
    Open(Options());
    EXPECT_EQ(Version("a", 5000), 3u);
    EXPECT_EQ(Version("b", 5000), 0u);
    EXPECT_EQ(Find("d"), nullptr);
    const auto large = Find("c");
    ASSERT_NE(large, nullptr);
    EXPECT_EQ(VersionOf(*large), 2u);
    EXPECT_TRUE(ReadLarge(*large) == BodyOf("c", 2, 1'100'000));
  }
}

TEST_F(StoreTest, ANewHeadForALargeBodySurvivesARestart) {
  Open(Options());
  ASSERT_TRUE(PutLarge("a", 1, 700'000).ok());
  auto fresh = std::make_shared<StoredEntry>(*Find("a"));
  fresh->head.headers.Set("x-fresh", "yes");
  store_->Put(fresh);
  EXPECT_TRUE(Find("a")->head.headers.Has("x-fresh"));
  Open(Options());
  const auto after = Find("a");
  ASSERT_NE(after, nullptr);
  EXPECT_TRUE(after->head.headers.Has("x-fresh"));
  EXPECT_TRUE(ReadLarge(*after) == BodyOf("a", 1, 700'000));
}

TEST_F(StoreTest, ABodyThatIsNotFinishedLeavesNothing) {
  Open(Options());
  {
    const auto large = store_->StartLarge("a");
    std::promise<absl::Status> done;
    large->Append(std::string(kPieceBytes, 'x'), [&](absl::Status s) { done.set_value(s); });
    ASSERT_TRUE(done.get_future().get().ok());
    EXPECT_GT(BytesOnDisk(), 0u);
  }
  Settle();  // the disk's thread may have let go of it only now
  Settle();
  EXPECT_EQ(Find("a"), nullptr);
  EXPECT_EQ(BytesOnDisk(), 0u);
}

TEST_F(StoreTest, MemoryAndDiskStayWithinTheirBounds) {
  constexpr uint64_t kDisk = 8 << 20;
  Open(Options(/*memory_bytes=*/256 << 10, kDisk));
  CounterRandom random(301);
  for (uint64_t i = 1; i <= 2000; ++i) {
    const std::string key = "k" + std::to_string(random.Below(300));
    if (Find(key) == nullptr) {
      if (random.Below(20) == 0) {
        PutLarge(key, i, 300'000 + random.Below(900'000)).IgnoreError();
      } else {
        store_->Put(EntryOf(key, i, random.Below(200'000)));
      }
    }
    ASSERT_LE(store_->Statistics().memory_bytes, 256u << 10);
    ASSERT_LE(store_->Statistics().disk.bytes, kDisk);
    if (i % 50 == 0) {
      Settle();
      ASSERT_EQ(BytesOnDisk(), store_->Statistics().disk.bytes) << "to the byte";
    }
  }
  EXPECT_GT(store_->Statistics().disk.bytes, kDisk / 2) << "and uses them";
  Open(Options(256 << 10, kDisk / 4));
  EXPECT_LE(BytesOnDisk(), kDisk / 4) << "a bound that was lowered holds after a start";
}

TEST_F(StoreTest, TheFirstThatIsStoredIsKeptInMemoryByTheSameRuleAsAnyOther) {
  StoreOptions options = Options();
  options.memory_entry_bytes_max = 10'000;
  Open(options);
  store_->Put(EntryOf("large", 1, 50'000));
  EXPECT_EQ(store_->Statistics().memory_entries, 0u);
  store_->Put(EntryOf("small", 1, 1000));
  EXPECT_EQ(store_->Statistics().memory_entries, 1u);
}

TEST_F(StoreTest, OnASlowDiskOnlyWhatMemoryDoesNotHoldWaitsAndNobodyOnTheLoop) {
  const SystemClock clock;
  edge::DiskPace pace;
  StoreOptions options = Options();
  options.memory_entry_bytes_max = 10'000;
  options.disk->pace = &pace;
  Open(options);
  store_->Put(EntryOf("small", 1, 1000));
  store_->Put(EntryOf("large", 1, 50'000));
  Settle();
  EXPECT_EQ(store_->Find("large").outcome, Store::Outcome::kFound) << "the kernel has it";
  pace.SetDelay(std::chrono::milliseconds(60));
  EXPECT_EQ(store_->Find("small").outcome, Store::Outcome::kFound);
  MonotonicTime began = clock.Now();
  EXPECT_EQ(store_->Find("large").outcome, Store::Outcome::kMustWait);
  EXPECT_LT(clock.Now() - began, std::chrono::milliseconds(60)) << "the read is another thread's";
  EXPECT_EQ(Version("large", 50'000), 1u);
  EXPECT_GE(clock.Now() - began, std::chrono::milliseconds(60));
  // Writes wait, too, and what is not written is found all the same.
  began = clock.Now();
  store_->Put(EntryOf("new", 1, 50'000));
  EXPECT_EQ(store_->Find("new").outcome, Store::Outcome::kFound);
  Settle();
  EXPECT_GE(clock.Now() - began, std::chrono::milliseconds(60));
  pace.SetDelay(Duration(0));
  EXPECT_EQ(store_->Find("new").outcome, Store::Outcome::kFound);
  store_.reset();  // before the pace
}

TEST_F(StoreTest, WhoReadsAFileThatHasGoneReadsOnAndItsBytesCount) {
  Open(Options(0, 4 << 20));
  ASSERT_TRUE(PutLarge("old", 1, 1'000'000).ok());
  auto reading = Find("old");
  EXPECT_TRUE(Delete("old"));
  EXPECT_EQ(Find("old"), nullptr);
  EXPECT_EQ(BytesOnDisk(), 0u);
  EXPECT_GT(store_->Statistics().disk.bytes, 1'000'000u);
  for (int i = 0; i < 8; ++i) {
    PutLarge("new" + std::to_string(i), 1, 1'000'000).IgnoreError();
    EXPECT_LE(store_->Statistics().disk.bytes, 4u << 20);
  }
  EXPECT_TRUE(ReadLarge(*reading) == BodyOf("old", 1, 1'000'000));
  reading.reset();
  EXPECT_EQ(store_->Statistics().disk.bytes, BytesOnDisk());
}

TEST_F(StoreTest, WithoutADiskMemoryHoldsWhatItCan) {
  Open({.memory_bytes_max = 1 << 20});
  store_->Put(EntryOf("a", 1, 100'000));
  EXPECT_EQ(Version("a", 100'000), 1u);
  EXPECT_EQ(store_->StartLarge("b"), nullptr);
  EXPECT_TRUE(Delete("a"));
}

TEST_F(StoreTest, NothingIsMadeOnTheDiskBeforeSomethingIsStored) {
  Open(Options());
  Find("a");
  Delete("a");
  EXPECT_FALSE(fs::exists(folder_.path() / "cache"));
  store_->Put(EntryOf("a", 1, 100));
  Settle();
  EXPECT_GT(BytesOnDisk(), 0u);
}

TEST_F(StoreTest, AFolderOfAnotherFormatIsEmptied) {
  fs::create_directories(folder_.path() / "cache");
  ASSERT_TRUE(WriteFileAtomic(folder_.path() / "cache" / "seed-0", "x").ok());
  ASSERT_TRUE(WriteFileAtomic(folder_.path() / "cache" / "log-s-0000000000000001", "x").ok());
  Open(Options());
  store_->Put(EntryOf("a", 1, 100));
  Open(Options());
  EXPECT_EQ(store_->Statistics().disk.files, 1u);
  EXPECT_EQ(Version("a", 100), 1u);
}

// What a loss of power may leave: bytes missing, zeroed, or of other places.
TEST_F(StoreTest, DamageIsNeverServed) {
  CounterRandom random(301);
  for (int round = 0; round < 30; ++round) {
    fs::remove_all(folder_.path() / "cache");
    Open(Options(/*memory_bytes=*/0));
    for (int i = 0; i < 40; ++i) store_->Put(EntryOf("k" + std::to_string(i), 1, 3000));
    ASSERT_TRUE(PutLarge("large", 1, 500'000).ok());
    store_.reset();
    for (const auto& file : fs::directory_iterator(folder_.path() / "cache")) {
      if (file.path().filename() == "seed-1") continue;
      const uint64_t size = fs::file_size(file.path());
      if (random.Below(2) == 0) {
        fs::resize_file(file.path(), random.Below(size));
        continue;
      }
      std::fstream out(file.path(), std::ios::in | std::ios::out | std::ios::binary);
      for (uint64_t n = random.Below(10) + 1; n > 0; --n) {
        out.seekp(static_cast<std::streamoff>(random.Below(size)));
        out.put(static_cast<char>(random.Next()));
      }
    }
    Open(Options(0));
    for (int i = 0; i < 40; ++i) Version("k" + std::to_string(i), 3000);
    if (const auto large = Find("large")) {
      const std::string body = ReadLarge(*large);
      EXPECT_TRUE(body.empty() || body == BodyOf("large", 1, 500'000));
    }
    store_->Put(EntryOf("after", 2, 3000));
    Settle();
    EXPECT_EQ(Version("after", 3000), 2u) << "and the store goes on";
  }
}

// A process that writes, replaces and deletes until it is killed; it says over a pipe what it was
// told is done.
struct Said {
  uint32_t key = 0;
  uint32_t deleted = 0;
  uint64_t version = 0;
};

[[noreturn]] void WriteUntilKilled(const StoreOptions& options, int pipe, uint64_t seed) {
  auto opened = Store::Open(options);
  if (!opened.ok()) _exit(2);
  Store& store = **opened;
  CounterRandom random(seed);
  for (uint64_t version = seed * 1'000'000 + 1;; ++version) {
    const auto key = static_cast<uint32_t>(random.Below(60));
    const std::string name = "k" + std::to_string(key);
    Said said{.key = key, .version = version};
    if (random.Below(4) == 0) {
      std::promise<void> done;
      store.Delete(name, [&](bool) { done.set_value(); });
      done.get_future().wait();
      said.deleted = 1;
    } else {
      store.Put(EntryOf(name, version, 200 + random.Below(2000) * 8));
    }
    if (write(pipe, &said, sizeof said) != sizeof said) _exit(3);
  }
}

TEST_F(StoreTest, AKillLeavesNoWrongBytesAndNothingThatWasDeleted) {
  const StoreOptions options = Options(64 << 10, 2 << 20);
  std::map<uint32_t, Said> last;  // what was said of each key
  size_t there = 0;
  for (uint64_t round = 1; round <= 25; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(pipe_ends[0]);
      WriteUntilKilled(options, pipe_ends[1], round);
    }
    close(pipe_ends[1]);
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(5 + round * 3);
    Said said;
    while (read(pipe_ends[0], &said, sizeof said) == sizeof said) {
      last[said.key] = said;
      if (std::chrono::steady_clock::now() > until) kill(child, SIGKILL);
    }
    close(pipe_ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself";
    Open(options);
    for (const auto& [key, said_last] : last) {
      const std::string name = "k" + std::to_string(key);
      const auto entry = Find(name);
      if (entry == nullptr) continue;  // evicted, deleted, or not written yet
      ++there;
      const uint64_t version = VersionOf(*entry);
      EXPECT_TRUE(entry->body == BodyOf(name, version, entry->body.size())) << name;
      // The process may have done one more thing than it could say.
      if (said_last.deleted != 0) {
        EXPECT_GT(version, said_last.version) << name << " is back";
      }
    }
    store_.reset();
  }
  EXPECT_GT(there, 100u) << "the writers got nowhere";
}

TEST_F(StoreTest, ManyThreadsSeeOnlyWhatWasPut) {
  Open(Options(128 << 10, 4 << 20));
  std::vector<std::thread> threads;
  std::atomic<bool> wrong = false;
  for (uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      CounterRandom random(t + 1);
      for (uint64_t i = 1; i < 1500; ++i) {
        const std::string key = "k" + std::to_string(random.Below(50));
        switch (random.Below(8)) {
          case 0:
            store_->Put(EntryOf(key, t * 10'000 + i, random.Below(9000)));
            break;
          case 1:
            store_->Delete(key, [](bool) {});
            break;
          default: {
            const auto found = store_->Find(key);
            if (found.entry == nullptr) break;
            const StoredEntry& entry = *found.entry;
            if (entry.key != key ||
                entry.body != BodyOf(key, VersionOf(entry), entry.body.size())) {
              wrong = true;
            }
          }
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(wrong);
}

}  // namespace
}  // namespace terrella::cache
