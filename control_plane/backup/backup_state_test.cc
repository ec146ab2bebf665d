// A backup moves a control plane from one engine to another, the values of KV with it.
#include "control_plane/backup/backup_state.h"

#include <gtest/gtest.h>

#include "base/status.h"
#include "base/testing/temp_folder.h"
#include "control_plane/kv/etcd_kv_store.h"
#include "control_plane/kv/sqlite_kv_store.h"
#include "control_plane/store/etcd_store.h"
#include "control_plane/store/sqlite_store.h"
#include "control_plane/store/testing/etcd_members.h"

namespace terrella::control {
namespace {

const BackupNames kNames{.cluster = "test", .build = "terrella test"};

TEST(BackupStateTest, GoesFromSqliteToEtcdAndBack) {
  const EtcdMembers members(1);
  const TempFolder folder;
  const SystemClock clock;
  const BackupPlace from{.etcd = std::nullopt, .folder = folder.path() / "from", .names = kNames};
  const BackupPlace etcd{
      .etcd = members.Address("moved"), .folder = folder.path() / "etcd", .names = kNames};
  const BackupPlace back{.etcd = std::nullopt, .folder = folder.path() / "back", .names = kNames};
  const std::string large(3 << 20, 'v');
  {
    auto store = *SqliteStore::Open(from.folder);
    ASSERT_TRUE(store->Txn({.ops = {Op::Put("row", "1")}}).ok());
    auto kv = *SqliteKvStore::Open(from.folder, clock);
    ASSERT_TRUE(kv->Put("ns", {{"small", "x", "{\"m\":1}"}, {"large", large}}).ok());
  }
  {  // What was there before is gone afterwards.
    auto store = *EtcdStore::Open(*etcd.etcd);
    EtcdKvStore kv(*store, std::nullopt, clock);
    ASSERT_TRUE(kv.Put("old", {{"k", "v"}}).ok());
  }
  const auto saved = BackupState(from, folder.path() / "one");
  ASSERT_TRUE(saved.ok()) << saved.status();
  const auto moved = RestoreState(etcd, folder.path() / "one");
  ASSERT_TRUE(moved.ok()) << moved.status();
  {
    auto store = *EtcdStore::Open(*etcd.etcd);
    EXPECT_EQ(store->Get("row")->value, "1");
    EtcdKvStore kv(*store, std::nullopt, clock);
    const auto namespaces = kv.Namespaces();
    ASSERT_TRUE(namespaces.ok() && namespaces->size() == 1);
    EXPECT_EQ((*namespaces)[0].name, "ns");
  }
  const auto again = BackupState(etcd, folder.path() / "two");
  ASSERT_TRUE(again.ok()) << again.status();
  const auto returned = RestoreState(back, folder.path() / "two");
  ASSERT_TRUE(returned.ok()) << returned.status();
  auto kv = *SqliteKvStore::Open(back.folder, clock);
  const auto entries = kv->Get("ns", {"small", "large"});
  ASSERT_TRUE(entries.ok() && entries->size() == 2);
  EXPECT_EQ((*entries)[0].metadata, "{\"m\":1}");
  EXPECT_EQ((*entries)[1].value, large);
  // Nothing is left beside the files.
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "one.values"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "two.values"));
}

}  // namespace
}  // namespace terrella::control
