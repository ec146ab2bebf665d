#include "dns_router/view/view_zone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "dns_router/view/zone_file.h"

namespace terrella::dns {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void AddRecord(v1::View& view, const char* name, const char* type, const char* content) {
  v1::DnsRecord& record = *view.add_records();
  record.set_name(name);
  record.set_type(type);
  record.set_ttl_s(60);
  record.set_content(content);
}
void AddPolicy(v1::View& view, const char* name, std::vector<std::string> steps) {
  v1::DnsPolicy& policy = *view.add_policies();
  policy.set_name(name);
  policy.mutable_steps()->Assign(steps.begin(), steps.end());
}
std::vector<std::string> Owners(const std::shared_ptr<const ZoneRecords>& records) {
  std::vector<std::string> out;
  for (const ZoneRecord& record : records->records) {
    out.push_back(fmt::format("{}/{}", record.owner.ToString(), static_cast<int>(record.type)));
  }
  return out;
}

TEST(ViewZoneTest, OneBadNameCostsNoOther) {
  v1::View from;
  AddRecord(from, "a.edge.test", "A", "192.0.2.1");
  AddRecord(from, "b.edge.test", "A", "192.0.2.1");
  AddRecord(from, "b.edge.test", "CNAME", "a.edge.test.");
  AddRecord(from, "c.edge.test", "MX", "10 a.edge.test");
  TopologyView view;
  std::vector<std::string> ignored;
  ViewZone().Read(from, view, &ignored);
  EXPECT_THAT(Owners(view.records), ElementsAre("a.edge.test/1", "c.edge.test/15"));
  EXPECT_THAT(ignored, ElementsAre(HasSubstr("'b.edge.test'")));
}

TEST(ViewZoneTest, NamesSteeredAlikeShareAPolicy) {
  v1::View from;
  AddPolicy(from, "a.edge.test", {"up", "first 2"});
  AddPolicy(from, "b.edge.test", {"up"});
  AddPolicy(from, "c.edge.test", {"up", "first 2"});
  AddPolicy(from, "d.edge.test", {"nonsense"});
  AddPolicy(from, "e.edge.test", {"up", "geo"});
  TopologyView view;
  std::vector<std::string> ignored;
  ViewZone({.policies_max = 2}).Read(from, view, &ignored);
  ASSERT_EQ(view.policies->size(), 2u);
  EXPECT_THAT((*view.policies)[0].names, ElementsAre("a.edge.test", "c.edge.test"));
  EXPECT_THAT(ignored, ElementsAre(HasSubstr("'d.edge.test'"), HasSubstr("more than 2")));
}

TEST(ViewZoneTest, WhatIsTheSameIsNotReadAgain) {
  v1::View from;
  AddRecord(from, "a.edge.test", "A", "192.0.2.1");
  TopologyView one, two, three;
  std::vector<std::string> ignored;
  ViewZone zone;
  zone.Read(from, one, &ignored);
  from.set_serial(7);
  zone.Read(from, two, &ignored);
  EXPECT_EQ(one.records, two.records);
  from.clear_records();
  zone.Read(from, three, &ignored);
  EXPECT_EQ(three.records, nullptr);
  EXPECT_THAT(ignored, IsEmpty());
}

TEST(ViewZoneTest, TheControlPlaneWinsOverAFile) {
  v1::View from;
  AddRecord(from, "a.edge.test", "A", "192.0.2.1");
  AddRecord(from, "b.edge.test", "CNAME", "a.edge.test.");
  AddRecord(from, "c.edge.test", "TXT", "text");
  TopologyView view;
  std::vector<std::string> ignored;
  ViewZone().Read(from, view, &ignored);
  auto file =
      std::make_shared<ZoneRecords>(*ParseZoneFile("$ORIGIN edge.test.\n"
                                                   "a A 192.0.2.9\n"
                                                   "a TXT stays\n"
                                                   "b TXT goes\n"
                                                   "c CNAME goes.\n"
                                                   "d A 192.0.2.4\n",
                                                   "zone"));
  const auto merged = MergeRecords(view.records, file, &ignored);
  EXPECT_THAT(Owners(merged), ElementsAre("a.edge.test/1", "b.edge.test/5", "c.edge.test/16",
                                          "a.edge.test/16", "d.edge.test/1"));
  EXPECT_THAT(ignored, ElementsAre(HasSubstr("zone:2: 'a.edge.test'"), HasSubstr("zone:4: "),
                                   HasSubstr("zone:5: ")));
  EXPECT_EQ(MergeRecords(nullptr, file, &ignored), file);
  EXPECT_EQ(MergeRecords(view.records, nullptr, &ignored), view.records);
}

TEST(ViewZoneTest, APolicyOfTheControlPlaneTakesTheNameFromAFilesPolicy) {
  v1::View from;
  AddPolicy(from, "a.edge.test", {"up"});
  TopologyView view;
  std::vector<std::string> ignored;
  ViewZone().Read(from, view, &ignored);
  const auto file = std::make_shared<const std::vector<SteeringPolicy>>(
      *ParsePolicies("[[policy]]\nnames = [\"a.edge.test\", \"b.edge.test\"]\nsteps = [\"up\", "
                     "\"first 2\"]\n[[policy]]\nnames = [\"c.edge.test\"]\nsteps = [\"up\"]\n",
                     "policies"));
  const auto merged = MergePolicies(view.policies, file);
  ASSERT_EQ(merged->size(), 3u);
  EXPECT_THAT((*merged)[0].names, ElementsAre("a.edge.test"));
  EXPECT_THAT((*merged)[1].names, ElementsAre("b.edge.test"));
  EXPECT_THAT((*merged)[2].names, ElementsAre("c.edge.test"));
}

}  // namespace
}  // namespace terrella::dns
