#include "http/message/body.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/status.h"

namespace terrella::http {
namespace {

// A source that a test drives by hand.
class ManualSource final : public BodySource {
 public:
  explicit ManualSource(bool* destroyed = nullptr) : destroyed_(destroyed) {}
  ~ManualSource() override {
    if (destroyed_ != nullptr) *destroyed_ = true;
  }
  std::optional<uint64_t> length_bytes() const override { return std::nullopt; }
  void Read(Reader& reader) override {
    reader_ = &reader;
    ++reads;
  }
  void Pause() override { ++pauses; }
  Reader& reader() { return *reader_; }
  int reads = 0, pauses = 0;

 private:
  Reader* reader_ = nullptr;
  bool* destroyed_;
};

class RecordingSink final : public BodySink {
 public:
  bool Write(std::string_view bytes) override {
    written.append(bytes);
    return !full;
  }
  void End() override { ended = true; }
  void Abort(const absl::Status& status) override { aborted = status; }
  void set_drained_callback(std::function<void()> callback) override {
    drained = std::move(callback);
  }
  std::string written;
  bool full = false, ended = false;
  absl::Status aborted;
  std::function<void()> drained;
};

TEST(Pump, PausesTheSourceWhileTheSinkIsFull) {
  RecordingSink sink;
  auto owned = std::make_unique<ManualSource>();
  ManualSource& source = *owned;
  absl::Status result = Internal("not called");
  Pump pump(std::move(owned), sink, [&](absl::Status status) { result = status; });
  pump.Start();
  source.reader().OnBodyData("one");
  EXPECT_EQ(source.pauses, 0);
  sink.full = true;
  source.reader().OnBodyData("two");
  EXPECT_EQ(source.pauses, 1);
  sink.full = false;
  sink.drained();
  EXPECT_EQ(source.reads, 2);
  source.reader().OnBodyEnd();
  EXPECT_TRUE(sink.ended);
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(sink.written, "onetwo");
}

TEST(Pump, AbortsTheSinkWhenTheSourceFails) {
  RecordingSink sink;
  auto owned = std::make_unique<ManualSource>();
  ManualSource& source = *owned;
  absl::Status result;
  Pump pump(std::move(owned), sink, [&](absl::Status status) { result = status; });
  pump.Start();
  source.reader().OnBodyError(Aborted("peer reset"));
  EXPECT_FALSE(sink.ended);
  EXPECT_EQ(Message(sink.aborted), "peer reset");
  EXPECT_EQ(Message(result), "peer reset");
}

TEST(Pump, DestroyingItCancelsTheSourceAndLetsGoOfTheSink) {
  RecordingSink sink;
  bool destroyed = false;
  {
    Pump pump(std::make_unique<ManualSource>(&destroyed), sink,
              [](absl::Status) { FAIL() << "a cancelled pump reports nothing"; });
    pump.Start();
  }
  EXPECT_TRUE(destroyed);
  EXPECT_FALSE(sink.drained);
}

TEST(Pump, MayBeDestroyedByItsDoneCallback) {
  RecordingSink sink;
  std::unique_ptr<Pump> pump;
  pump = std::make_unique<Pump>(MakeStringBody("x"), sink, [&](absl::Status) { pump.reset(); });
  pump->Start();
  EXPECT_EQ(pump, nullptr);
  EXPECT_EQ(sink.written, "x");
}

class RecordingReader final : public BodySource::Reader {
 public:
  void OnBodyData(std::string_view bytes) override {
    slices.push_back(bytes.size());
    if (on_data) on_data();
  }
  void OnBodyEnd() override { ended = true; }
  void OnBodyError(const absl::Status&) override {}
  std::vector<size_t> slices;
  std::function<void()> on_data;
  bool ended = false;
};

TEST(ViewBody, GivesItsPiecesAndKeepsTheirOwner) {
  auto owner = std::make_shared<std::string>("abcdef");
  const std::string_view text = *owner;
  auto body = MakeViewBody({text.substr(0, 2), "", text.substr(2)}, owner);
  EXPECT_EQ(owner.use_count(), 2);
  EXPECT_EQ(body->length_bytes(), 6u);
  RecordingReader reader;
  reader.on_data = [&] { body->Pause(); };
  body->Read(reader);
  EXPECT_EQ(reader.slices, (std::vector<size_t>{2}));
  body->Read(reader);
  EXPECT_EQ(reader.slices, (std::vector<size_t>{2, 4}));
  EXPECT_FALSE(reader.ended);
  body->Read(reader);
  EXPECT_TRUE(reader.ended);
  body.reset();
  EXPECT_EQ(owner.use_count(), 1);
}

TEST(StringBody, StopsBetweenSlicesWhenPausedAndGoesOn) {
  auto body = MakeStringBody(std::string(150'000, 'x'));
  EXPECT_EQ(body->length_bytes(), 150'000u);
  RecordingReader reader;
  reader.on_data = [&] { body->Pause(); };
  body->Read(reader);
  EXPECT_EQ(reader.slices.size(), 1u);
  EXPECT_FALSE(reader.ended);
  reader.on_data = nullptr;
  body->Read(reader);
  EXPECT_EQ(reader.slices, (std::vector<size_t>{65536, 65536, 18928}));
  EXPECT_TRUE(reader.ended);
}

TEST(StringBody, MayBeDestroyedInTheMiddleOfDelivery) {
  auto body = MakeStringBody(std::string(150'000, 'x'));
  RecordingReader reader;
  reader.on_data = [&] { body.reset(); };
  body->Read(reader);
  EXPECT_EQ(reader.slices.size(), 1u);
  EXPECT_FALSE(reader.ended);
}

TEST(StringBody, EmptyEndsAtOnce) {
  auto body = MakeStringBody("");
  RecordingReader reader;
  body->Read(reader);
  EXPECT_TRUE(reader.slices.empty());
  EXPECT_TRUE(reader.ended);
}

TEST(Collector, CollectsUpToTheBoundExactly) {
  std::string got;
  Collector collector(MakeStringBody("12345"), 5, [&](absl::Status status, std::string bytes) {
    EXPECT_TRUE(status.ok());
    got = std::move(bytes);
  });
  collector.Start();
  EXPECT_EQ(got, "12345");
}

TEST(Collector, RefusesAKnownLengthBeyondTheBoundBeforeReading) {
  absl::Status got;
  Collector collector(MakeStringBody("123456"), 5,
                      [&](absl::Status status, std::string) { got = status; });
  collector.Start();
  EXPECT_EQ(got.code(), absl::StatusCode::kResourceExhausted);
}

TEST(Collector, StopsAnUnknownLengthAtTheBoundAndDestroysTheSource) {
  bool destroyed = false;
  auto owned = std::make_unique<ManualSource>(&destroyed);
  ManualSource& source = *owned;
  absl::Status got;
  Collector collector(std::move(owned), 5, [&](absl::Status status, std::string) { got = status; });
  collector.Start();
  source.reader().OnBodyData("1234");
  EXPECT_TRUE(got.ok());
  source.reader().OnBodyData("56");
  EXPECT_EQ(got.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(destroyed);
}

}  // namespace
}  // namespace terrella::http
