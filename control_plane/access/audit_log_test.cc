// The chain: written with the changes it tells of, and torn by any change to itself.
#include "control_plane/access/audit_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/file.h"
#include "base/status.h"
#include "base/testing/temp_folder.h"
#include "control_plane/access/audited_store.h"
#include "control_plane/access/call.h"
#include "control_plane/store/memory_store.h"

namespace terrella::control {
namespace {

using testing::HasSubstr;

class AuditLogTest : public testing::Test {
 protected:
  void Append(int rows) {
    for (int i = 0; i < rows; ++i) {
      v1::AuditRow row;
      row.set_caller("token ci");
      row.set_resource("script:s" + std::to_string(i % 2));
      row.set_outcome("OK");
      ASSERT_TRUE(log_.Append(row).ok());
    }
  }
  // As a hand in the database would.
  void Overwrite(uint64_t seq, const std::string& value) {
    ASSERT_TRUE(store_.Txn({.ops = {Op::Put(Key(seq), value)}}).ok());
  }
  // The newest rows gone, and the head as it was before them.
  void CutBackTo(uint64_t seq, const std::string& head) {
    TxnRequest txn{.ops = {Op::Put(std::string(AuditLog::kHeadKey), head)}};
    const RangeResult rows = *store_.Range(AuditLog::kPrefix);
    for (const Record& row : rows.records) {
      if (row.key > Key(seq)) txn.ops.push_back(Op::Delete(row.key));
    }
    ASSERT_TRUE(store_.Txn(txn).ok());
  }
  std::string Key(uint64_t seq) { return fmt::format("audit/{:016x}", seq); }
  std::string Bytes(uint64_t seq) { return store_.Get(Key(seq))->value; }
  v1::VerifyAuditResponse Verify() { return *log_.Verify(); }
  v1::ListAuditResponse List(const v1::ListAuditRequest& request = {}) {
    return *log_.List(request);
  }
  static std::shared_ptr<Call> PermittedDeploy() {
    return Call::Own("Deployments.Deploy", "shop", "");
  }

  MemoryStore store_;
  ManualClock clock_;
  AuditLog log_{store_, clock_, {.rows_max = 1000}};
  AuditedStore audited_{store_, log_};
};

TEST_F(AuditLogTest, AnEmptyOneIsIntact) {
  EXPECT_TRUE(Verify().intact());
  EXPECT_EQ(List().entries_size(), 0);
}

TEST_F(AuditLogTest, IsIntactOverManyRowsAndARestart) {
  Append(600);
  AuditLog again(store_, clock_);
  ASSERT_TRUE(again.Append({}).ok());
  const v1::VerifyAuditResponse verified = Verify();
  EXPECT_TRUE(verified.intact()) << verified.fault();
  EXPECT_EQ(verified.rows(), 601u);
}

TEST_F(AuditLogTest, SeesAChangedRow) {
  Append(10);
  v1::AuditRow row;
  ASSERT_TRUE(row.ParseFromString(Bytes(4)));
  row.set_caller("token somebody-else");
  Overwrite(4, row.SerializeAsString());
  const v1::VerifyAuditResponse verified = Verify();
  EXPECT_FALSE(verified.intact());
  EXPECT_EQ(verified.fault_seq(), 5u);
  EXPECT_THAT(verified.fault(), HasSubstr("does not follow"));
}

TEST_F(AuditLogTest, SeesAChangedLastRow) {
  Append(10);
  v1::AuditRow row;
  ASSERT_TRUE(row.ParseFromString(Bytes(10)));
  row.set_outcome("PERMISSION_DENIED");
  Overwrite(10, row.SerializeAsString());
  EXPECT_THAT(Verify().fault(), HasSubstr("head"));
}

TEST_F(AuditLogTest, SeesARemovedRow) {
  Append(10);
  ASSERT_TRUE(store_.Txn({.ops = {Op::Delete(Key(7))}}).ok());
  EXPECT_EQ(Verify().fault_seq(), 7u);
  EXPECT_THAT(Verify().fault(), HasSubstr("missing"));
}

TEST_F(AuditLogTest, SeesARemovedEnd) {
  Append(10);
  ASSERT_TRUE(store_.Txn({.ops = {Op::Delete(Key(10))}}).ok());
  EXPECT_EQ(Verify().fault_seq(), 10u);
}

TEST_F(AuditLogTest, SeesAHeadPutBack) {
  Append(9);
  const std::string head = store_.Get(AuditLog::kHeadKey)->value;
  Append(1);
  ASSERT_TRUE(
      store_.Txn({.ops = {Op::Delete(Key(10)), Op::Put(std::string(AuditLog::kHeadKey), head)}})
          .ok());
  EXPECT_FALSE(Verify().intact());
  EXPECT_THAT(List().entries_size(), 9);
}

TEST_F(AuditLogTest, SeesACutEndAfterTheLogWentOn) {
  Append(9);
  const std::string head = store_.Get(AuditLog::kHeadKey)->value;
  Append(2);
  CutBackTo(9, head);
  Append(5);  // by the process that wrote what is gone
  const v1::VerifyAuditResponse verified = Verify();
  EXPECT_FALSE(verified.intact());
  EXPECT_EQ(verified.fault_seq(), 10u);
  EXPECT_THAT(verified.fault(), HasSubstr("rows up to 11"));
  // Whoever comes later reads it in the log itself.
  AuditLog later(store_, clock_);
  EXPECT_EQ(later.Verify()->fault_seq(), 10u);
}

TEST_F(AuditLogTest, SeesACutEndOverARestartByItsMark) {
  const TempFolder folder;
  const auto open = [&] {
    auto log = std::make_unique<AuditLog>(store_, clock_);
    log->set_mark(*AuditMarkFile::Open(folder.path() / "audit.mark"));
    return log;
  };
  std::string head;
  {
    const auto log = open();
    for (int i = 0; i < 9; ++i) ASSERT_TRUE(log->Append({}).ok());
    head = store_.Get(AuditLog::kHeadKey)->value;
    ASSERT_TRUE(log->Append({}).ok());
  }
  EXPECT_TRUE(open()->Verify()->intact());
  CutBackTo(9, head);
  EXPECT_EQ(open()->Verify()->fault_seq(), 10u);
  {
    const auto log = open();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(log->Append({}).ok());
  }
  // The mark has moved on, and the row that came next remembers.
  EXPECT_FALSE(open()->Verify()->intact());
  EXPECT_THAT(open()->Verify()->fault(), HasSubstr("rows up to 10"));
}

TEST_F(AuditLogTest, AMarkOfAnotherHistorySaysNothing) {
  const TempFolder folder;
  {
    AuditLog log(store_, clock_);
    log.set_mark(*AuditMarkFile::Open(folder.path() / "audit.mark"));
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(log.Append({}).ok());
  }
  MemoryStore restored;
  AuditLog log(restored, clock_);
  log.set_mark(*AuditMarkFile::Open(folder.path() / "audit.mark"));
  ASSERT_TRUE(log.Append({}).ok());
  EXPECT_TRUE(log.Verify()->intact()) << log.Verify()->fault();
}

TEST_F(AuditLogTest, AMarkThatIsTornSaysNothing) {
  const TempFolder folder;
  ASSERT_TRUE(WriteFileAtomic(folder.path() / "audit.mark", "rubbish").ok());
  AuditLog log(store_, clock_);
  log.set_mark(*AuditMarkFile::Open(folder.path() / "audit.mark"));
  ASSERT_TRUE(log.Append({}).ok());
  EXPECT_TRUE(log.Verify()->intact());
  EXPECT_EQ(AuditMarkFile::Open(folder.path() / "audit.mark").value()->Read()->seq(), 1u);
}

TEST_F(AuditLogTest, ARowOfItsOwnThatWasGivenUpIsNotLost) {
  AuditLog small(store_, clock_, {.rows_max = 5}), other(store_, clock_, {.rows_max = 5});
  ASSERT_TRUE(small.Append({}).ok());
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(other.Append({}).ok());
  EXPECT_TRUE(small.Verify()->intact()) << small.Verify()->fault();
  ASSERT_TRUE(small.Append({}).ok());
  EXPECT_TRUE(small.Verify()->intact()) << small.Verify()->fault();
}

TEST_F(AuditLogTest, SeesRowsThatChangedPlaces) {
  Append(10);
  const std::string third = Bytes(3), fourth = Bytes(4);
  Overwrite(3, fourth);
  Overwrite(4, third);
  EXPECT_EQ(Verify().fault_seq(), 3u);
  EXPECT_FALSE(Verify().intact());
}

TEST_F(AuditLogTest, SeesARowBehindTheHead) {
  Append(3);
  Overwrite(4, Bytes(3));
  EXPECT_THAT(Verify().fault(), HasSubstr("behind the head"));
}

TEST_F(AuditLogTest, GivesUpOldRowsAndKeepsTheirAnchor) {
  AuditLog small(store_, clock_, {.rows_max = 5});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(small.Append({}).ok());
  v1::VerifyAuditResponse verified = *small.Verify();
  EXPECT_TRUE(verified.intact()) << verified.fault();
  EXPECT_EQ(verified.rows(), 5u);
  EXPECT_EQ(verified.head().first_seq(), 16u);
  EXPECT_EQ(store_.Range("audit/")->records.size(), 5u);
  // The first row kept is held by the anchor.
  v1::AuditRow row;
  ASSERT_TRUE(row.ParseFromString(Bytes(16)));
  row.set_prev_sha256(std::string(32, '\1'));
  Overwrite(16, row.SerializeAsString());
  EXPECT_EQ(small.Verify()->fault_seq(), 16u);
}

TEST_F(AuditLogTest, TwoWritersMakeOneChain) {
  AuditLog other(store_, clock_);
  for (int i = 0; i < 10; ++i) {
    Append(1);
    ASSERT_TRUE(other.Append({}).ok());
  }
  EXPECT_TRUE(Verify().intact()) << Verify().fault();
  EXPECT_EQ(Verify().rows(), 20u);
}

TEST_F(AuditLogTest, IsVerifiedWhileRowsComeAndGo) {
  AuditLog small(store_, clock_, {.rows_max = 20});
  std::thread writer([&] {
    for (int i = 0; i < 500; ++i) EXPECT_TRUE(small.Append({}).ok());
  });
  for (int i = 0; i < 50; ++i) {
    const v1::VerifyAuditResponse verified = *small.Verify();
    EXPECT_TRUE(verified.intact()) << verified.fault();
  }
  writer.join();
  EXPECT_TRUE(small.Verify()->intact());
  EXPECT_EQ(small.Verify()->rows(), 20u);
}

TEST_F(AuditLogTest, ListsTheNewestFirstAndWhatIsAskedFor) {
  Append(300);
  v1::ListAuditRequest request;
  request.set_resource("script:s1");
  request.set_limit(3);
  const v1::ListAuditResponse some = List(request);
  ASSERT_EQ(some.entries_size(), 3);
  EXPECT_EQ(some.entries(0).row().seq(), 300u);
  EXPECT_EQ(some.entries(2).row().seq(), 296u);
  EXPECT_EQ(some.entries(0).revision(), store_.revision());
  request.set_caller("token x");
  EXPECT_EQ(List(request).entries_size(), 0);
  v1::ListAuditRequest later;
  later.set_since_unix_ms(1);
  EXPECT_EQ(List(later).entries_size(), 0);
}

TEST_F(AuditLogTest, AChangeAndItsRowAreOneTransaction) {
  const CallScope scope(PermittedDeploy());
  const auto done = audited_.Txn({.ops = {Op::Put("a", "1")}});
  ASSERT_TRUE(done.ok()) << done.status();
  ASSERT_EQ(List().entries_size(), 1);
  EXPECT_EQ(List().entries(0).revision(), done->revision);
  EXPECT_EQ(store_.Get("a")->modified, done->revision);
  EXPECT_EQ(List().entries(0).row().resource(), "script:shop");
  EXPECT_EQ(List().entries(0).row().caller(), "control plane");
}

TEST_F(AuditLogTest, AChangeThatFailsLeavesNoRowThatSaysOk) {
  const CallScope scope(PermittedDeploy());
  const auto lost = audited_.Txn({.compares = {{"a", 7}}, .ops = {Op::Put("a", "1")}});
  EXPECT_EQ(lost.status().code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(Message(lost.status())), HasSubstr("a"));
  EXPECT_EQ(List().entries_size(), 0);
  EXPECT_TRUE(Verify().intact());
}

TEST_F(AuditLogTest, ARequestThatIsReplayedHasOneRow) {
  const std::shared_ptr<Call> call = PermittedDeploy();
  const CallScope scope(call);
  const TxnRequest txn{.ops = {Op::Put("a", "1")}, .request_id = "r", .result = "x"};
  ASSERT_TRUE(audited_.Txn(txn).ok());
  const auto again = audited_.Txn(txn);
  ASSERT_TRUE(again.ok() && again->replayed);
  EXPECT_EQ(List().entries_size(), 1);
  EXPECT_EQ(call->rows(), 1);
  ASSERT_TRUE(audited_.Txn({.ops = {Op::Put("b", "1")}}).ok());
  EXPECT_TRUE(Verify().intact()) << Verify().fault();
}

TEST_F(AuditLogTest, NothingIsCommittedForACallThatWasNotPermitted) {
  const auto call = std::make_shared<Call>(*FindRule("Deployments.UploadVersion"), LocalOperator());
  const CallScope scope(call);
  EXPECT_EQ(audited_.Txn({.ops = {Op::Put("a", "1")}}).status().code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_FALSE(store_.Get("a").ok());
  ASSERT_TRUE(call->Permit("shop").ok());
  EXPECT_TRUE(audited_.Txn({.ops = {Op::Put("a", "1")}}).ok());
}

TEST_F(AuditLogTest, HousekeepingOutsideOfCallsHasNoRow) {
  ASSERT_TRUE(audited_.Txn({.ops = {Op::Put("node/FRA", "1")}}).ok());
  EXPECT_EQ(List().entries_size(), 0);
}

}  // namespace
}  // namespace terrella::control
