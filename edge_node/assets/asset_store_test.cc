#include "edge_node/assets/asset_store.h"

#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella::edge {
namespace {

// Gives "content of HASH", when told to.
class SlowLoader final : public AssetLoader {
 public:
  void Load(const std::string& sha256, uint64_t, Done done) override {
    ++loads;
    waiting.push_back([sha256, done = std::move(done)](bool ok) {
      if (!ok) return done(Unavailable("not now"));
      auto text = std::make_shared<const std::string>("content of " + sha256);
      done(AssetBytes{*text, text});
    });
  }
  void AnswerAll(bool ok = true) {
    for (auto& answer : std::exchange(waiting, {})) answer(ok);
  }
  int loads = 0;
  std::vector<std::function<void(bool)>> waiting;
};

class AssetStoreTest : public ::testing::Test {
 protected:
  AssetStoreTest() { store_.Serve(loader_); }
  std::unique_ptr<AssetStore::Pending> Ask(const std::string& hash) {
    return store_.Load(hash, 1, loop_, [this](auto result) {
      heard_ += result.ok() ? std::string((*result)->bytes) + ";"
                            : std::string(Message(result.status())) + ";";
    });
  }
  void Turn() {
    Timer stop(loop_, [this] { loop_.Stop(); });
    stop.Start(std::chrono::milliseconds(5));
    loop_.Run();
  }

  EventLoop loop_;
  AssetStore store_{loop_, {.bytes_max = 40, .files_max = 2, .waiting_max = 3}};
  std::shared_ptr<SlowLoader> loader_ = std::make_shared<SlowLoader>();
  std::string heard_;
};

TEST_F(AssetStoreTest, LoadsOnceForAllWhoWait) {
  const auto a = Ask("1"), b = Ask("1");
  Turn();
  EXPECT_EQ(loader_->loads, 1);
  loader_->AnswerAll();
  Turn();
  EXPECT_EQ(heard_, "content of 1;content of 1;");
  ASSERT_NE(store_.Find("1"), nullptr);
  EXPECT_EQ(store_.Find("1")->bytes, "content of 1");
}

TEST_F(AssetStoreTest, WhoLeavesHearsNothing) {
  auto a = Ask("1");
  Turn();
  a.reset();
  loader_->AnswerAll();
  Turn();
  EXPECT_EQ(heard_, "");
}

TEST_F(AssetStoreTest, KeepsTheOnesUsedLast) {
  for (const char* hash : {"1", "2"}) {
    const auto pending = Ask(hash);
    Turn();
    loader_->AnswerAll();
    Turn();
  }
  EXPECT_NE(store_.Find("1"), nullptr);  // and now 2 is the older one
  const auto view = store_.Find("2");
  store_.Find("1");
  const auto pending = Ask("3");
  Turn();
  loader_->AnswerAll();
  Turn();
  EXPECT_EQ(store_.Find("2"), nullptr);
  EXPECT_NE(store_.Find("1"), nullptr);
  EXPECT_EQ(view->bytes, "content of 2") << "who has it keeps it";
}

TEST_F(AssetStoreTest, RefusesAndForgetsFailures) {
  const auto a = Ask("1"), b = Ask("2"), c = Ask("3"), d = Ask("4");
  Turn();
  EXPECT_EQ(heard_, "3 requests wait for files, which is the limit;");
  loader_->AnswerAll(false);
  Turn();
  EXPECT_EQ(store_.Find("1"), nullptr);
  heard_.clear();
  const auto again = Ask("1");
  Turn();
  loader_->AnswerAll();
  Turn();
  EXPECT_EQ(heard_, "content of 1;");
}

TEST_F(AssetStoreTest, WithoutALoaderNothingHangs) {
  loader_.reset();
  const auto a = Ask("1");
  Turn();
  EXPECT_EQ(heard_, "nobody brings files here;");
}

}  // namespace
}  // namespace terrella::edge
