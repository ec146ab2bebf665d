#include "control_plane/dns/record_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "base/status.h"
#include "control_plane/store/memory_store.h"

namespace terrella::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RecordKeeperTest : public ::testing::Test {
 protected:
  RecordKeeperTest() { Restart(); }
  // What a new process would have.
  void Restart(const RecordLimits& limits = {}) {
    keeper_ = std::make_unique<RecordKeeper>(
        clock_, store_, "edge.test",
        [this](const std::string& name) {
          std::vector<std::string> at;
          for (const std::string& route : routes_) {
            if (route == name || route.ends_with("." + name)) at.push_back(route);
          }
          return at;
        },
        [this] { ++changes_; }, limits);
    ASSERT_TRUE(keeper_->Load().ok());
  }
  absl::StatusOr<v1::DnsChangeResponse> Add(const std::string& name, const std::string& type,
                                            const std::string& content, int ttl_s = -1,
                                            const std::string& id = "") {
    v1::AddDnsRecordRequest request;
    request.mutable_record()->set_name(name);
    request.mutable_record()->set_type(type);
    request.mutable_record()->set_content(content);
    if (ttl_s >= 0) request.set_ttl_s(static_cast<uint32_t>(ttl_s));
    request.set_request_id(id);
    return keeper_->Add(request);
  }
  absl::StatusOr<v1::DnsChangeResponse> Remove(const std::string& name, const std::string& type,
                                               const std::string& content = "") {
    v1::RemoveDnsRecordsRequest request;
    request.set_name(name);
    request.set_type(type);
    request.set_content(content);
    return keeper_->Remove(request);
  }
  // "name ttl type content" of all that routers get.
  std::vector<std::string> InView() const {
    v1::View view;
    keeper_->AddTo(view);
    std::vector<std::string> out;
    for (const v1::DnsRecord& r : view.records()) {
      out.push_back(fmt::format("{} {} {} {}", r.name(), r.ttl_s(), r.type(), r.content()));
    }
    return out;
  }

  SystemClock clock_;
  MemoryStore store_;
  std::vector<std::string> routes_ = {"hello.edge.test", "shop.sub.edge.test"};
  int changes_ = 0;
  std::unique_ptr<RecordKeeper> keeper_;
};

TEST_F(RecordKeeperTest, WhatIsAddedIsInViewsAndOutlivesTheProcess) {
  ASSERT_TRUE(Add("www.edge.test", "txt", "  \"a b\" ").ok());
  ASSERT_TRUE(Add("@", "MX", "10 mail.edge.test.", 60).ok());
  ASSERT_TRUE(Add("MAIL.edge.test.", "A", "192.0.2.25").ok());
  const std::vector<std::string> expected = {"edge.test 60 MX 10 mail.edge.test.",
                                             "mail.edge.test 3600 A 192.0.2.25",
                                             "www.edge.test 3600 TXT \"a b\""};
  EXPECT_EQ(InView(), expected);
  EXPECT_EQ(changes_, 3);
  Restart();
  EXPECT_EQ(InView(), expected);
}

TEST_F(RecordKeeperTest, TheSameRecordAgainChangesNothingHoweverItIsSpelt) {
  ASSERT_TRUE(Add("x.edge.test", "AAAA", "2001:db8::1").ok());
  const Revision before = store_.revision();
  const auto again = Add("X.edge.test", "TYPE28", "2001:DB8:0::1");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_FALSE(again->changed());
  EXPECT_EQ(store_.revision(), before);
  EXPECT_THAT(InView(), ElementsAre("x.edge.test 3600 AAAA 2001:db8::1"));
}

TEST_F(RecordKeeperTest, ASetHasOneTtl) {  // RFC 2181 section 5.2
  ASSERT_TRUE(Add("x.edge.test", "A", "192.0.2.1", 60).ok());
  ASSERT_TRUE(Add("x.edge.test", "A", "192.0.2.2").ok());
  ASSERT_TRUE(Add("x.edge.test", "TXT", "other").ok());
  EXPECT_THAT(InView(), ElementsAre("x.edge.test 60 A 192.0.2.1", "x.edge.test 60 A 192.0.2.2",
                                    "x.edge.test 3600 TXT other"));
  ASSERT_TRUE(Add("x.edge.test", "A", "192.0.2.2", 30).ok());
  EXPECT_THAT(InView(), ElementsAre("x.edge.test 30 A 192.0.2.1", "x.edge.test 30 A 192.0.2.2",
                                    "x.edge.test 3600 TXT other"));
}

TEST_F(RecordKeeperTest, WhatARouterWouldRefuseIsNotStored) {
  const struct {
    const char *name, *type, *content, *says;
  } kRows[] = {
      {"www.example.com", "A", "192.0.2.1", "outside the zone 'edge.test'"},
      {"a b.edge.test", "A", "192.0.2.1", "a b"},
      {"x.edge.test", "A", "192.0.2.300", ""},
      {"x.edge.test", "A", "", "expected content"},
      {"x.edge.test", "A", "192.0.2.1\ny.edge.test. A 192.0.2.2", "printable ASCII"},
      {"x.edge.test", "TXT", "a ; b", "within quotes"},
      {"x.edge.test", "TXT", "(a", "within quotes"},
      {"x.edge.test", "TXT", "\"a", "no end"},
      {"x.edge.test", "3600", "A 192.0.2.1", "expected a type"},
      {"x.edge.test", "NSEC", "a. A", "may not be in the file"},
      {"x.edge.test", "MX", "10", ""},
      {"edge.test", "CNAME", "other.test.", "apex"},         // RFC 1034 section 3.6.2
      {"*.edge.test", "NS", "ns.other.test.", "wildcard"},   // RFC 4592 section 4.2
      {"hello.edge.test", "A", "192.0.2.1", "has a route"},  // its addresses are steered
      {"hello.edge.test", "CNAME", "x.edge.test.", "has a route"},
      {"sub.edge.test", "NS", "ns.other.test.", "shop.sub.edge.test"},  // would hide a route
  };
  for (const auto& row : kRows) {
    const auto added = Add(row.name, row.type, row.content);
    EXPECT_FALSE(added.ok()) << row.name << ' ' << row.type << ' ' << row.content;
    EXPECT_THAT(std::string(Message(added.status())), HasSubstr(row.says));
  }
  EXPECT_THAT(InView(), IsEmpty());
  EXPECT_EQ(store_.revision(), 0u);
  EXPECT_TRUE(Add("hello.edge.test", "TXT", "beside a route").ok());
}

TEST_F(RecordKeeperTest, AnAliasStandsAlone) {  // RFC 1034 section 3.6.2
  ASSERT_TRUE(Add("x.edge.test", "A", "192.0.2.1").ok());
  EXPECT_THAT(std::string(Message(Add("x.edge.test", "CNAME", "y.edge.test.").status())),
              HasSubstr("CNAME and other records"));
  ASSERT_TRUE(Add("y.edge.test", "CNAME", "x.edge.test.").ok());
  EXPECT_FALSE(Add("y.edge.test", "TXT", "text").ok());
}

TEST_F(RecordKeeperTest, ARetryIsAnsweredAsTheFirstTime) {
  const auto first = Add("x.edge.test", "A", "192.0.2.1", -1, "r1");
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(Remove("x.edge.test", "A").ok());
  const auto again = Add("x.edge.test", "A", "192.0.2.1", -1, "r1");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->revision(), first->revision());
  EXPECT_TRUE(again->changed());
  EXPECT_THAT(InView(), IsEmpty()) << "a retry does not undo what came after";
  EXPECT_THAT(std::string(Message(Add("y.edge.test", "A", "192.0.2.1", -1, "r1").status())),
              HasSubstr("used for another request"));
}

TEST_F(RecordKeeperTest, RecordsAreRemovedOneByOneByTypeOrAll) {
  ASSERT_TRUE(Add("x.edge.test", "A", "192.0.2.1").ok());
  ASSERT_TRUE(Add("x.edge.test", "A", "192.0.2.2").ok());
  ASSERT_TRUE(Add("x.edge.test", "TXT", "\"one\"").ok());
  ASSERT_TRUE(Add("x.edge.test", "TXT", "two").ok());
  EXPECT_EQ(Remove("x.edge.test", "A", "192.0.2.3").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Remove("x.edge.test", "MX").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Remove("y.edge.test", "A").status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(Remove("x.edge.test", "txt", "one").ok()) << "as content, not as it was typed";
  ASSERT_TRUE(Remove("x.edge.test", "A").ok());
  EXPECT_THAT(InView(), ElementsAre("x.edge.test 3600 TXT two"));
  ASSERT_TRUE(Remove("x.edge.test", "").ok());
  EXPECT_THAT(InView(), IsEmpty());
  EXPECT_TRUE(store_.Range("dns/name/")->records.empty());
}

TEST_F(RecordKeeperTest, ViewsStaySmall) {
  Restart({.records_max = 3, .records_of_name_max = 2});
  ASSERT_TRUE(Add("x.edge.test", "A", "192.0.2.1").ok());
  ASSERT_TRUE(Add("x.edge.test", "A", "192.0.2.2").ok());
  EXPECT_EQ(Add("x.edge.test", "A", "192.0.2.3").status().code(),
            absl::StatusCode::kResourceExhausted);
  ASSERT_TRUE(Add("y.edge.test", "A", "192.0.2.3").ok());
  EXPECT_THAT(std::string(Message(Add("z.edge.test", "A", "192.0.2.4").status())),
              HasSubstr("--zone-file"));
}

}  // namespace
}  // namespace terrella::control
