#include "edge_node/tail/tail_filter.h"

#include <gtest/gtest.h>

namespace terrella::edge {
namespace {

v1::TailEvent Event(const char* outcome, int status) {
  v1::TailEvent event;
  event.set_outcome(outcome);
  event.set_status(status);
  event.set_url("https://shop.edge.test/cart?item=7");
  event.add_logs()->set_text("looked up 3 items");
  event.add_exceptions()->set_message("cart is undefined");
  return event;
}

TEST(TailFilter, WhatIsKnownAtTheBeginning) {
  const http::Headers headers = {{"User-Agent", "curl/8"}, {"X-Debug", "yes, please"}};
  const TailSubject subject{.script = "shop",
                            .version_id = "1f2e3d",
                            .method = "GET",
                            .headers = &headers,
                            .city = "Lagos",
                            .dice = 0.25};
  struct Row {
    const char* what;
    void (*set)(v1::TailFilter&);
    bool wanted;
  };
  const Row rows[] = {
      {"nothing asked", [](v1::TailFilter&) {}, true},
      {"method", [](v1::TailFilter& f) { f.add_methods("GET"); }, true},
      {"one of the methods", [](v1::TailFilter& f) { f.add_methods("POST"), f.add_methods("GET"); },
       true},
      {"another method", [](v1::TailFilter& f) { f.add_methods("POST"); }, false},
      {"header", [](v1::TailFilter& f) { f.add_headers("x-debug"); }, true},
      {"header and value", [](v1::TailFilter& f) { f.add_headers("x-debug:please"); }, true},
      {"header, other value", [](v1::TailFilter& f) { f.add_headers("x-debug:no"); }, false},
      {"header that is not there", [](v1::TailFilter& f) { f.add_headers("cookie"); }, false},
      {"both headers", [](v1::TailFilter& f) { f.add_headers("x-debug"), f.add_headers("cookie"); },
       false},
      {"city", [](v1::TailFilter& f) { f.add_cities("lagos"); }, true},
      {"another city", [](v1::TailFilter& f) { f.add_cities("Berlin"); }, false},
      {"version", [](v1::TailFilter& f) { f.add_version_ids("1f2"); }, true},
      {"another version", [](v1::TailFilter& f) { f.add_version_ids("2"); }, false},
      {"in the sample", [](v1::TailFilter& f) { f.set_sampling_rate(0.26); }, true},
      {"not in the sample", [](v1::TailFilter& f) { f.set_sampling_rate(0.25); }, false},
  };
  for (const Row& row : rows) {
    v1::TailFilter filter;
    row.set(filter);
    EXPECT_EQ(TailFilter(filter).MayWant(subject), row.wanted) << row.what;
  }
  v1::TailFilter header;
  header.add_headers("x-debug");
  EXPECT_FALSE(TailFilter(header).MayWant({.script = "shop"}));
}

TEST(TailFilter, WhatIsKnownAtTheEnd) {
  struct Row {
    const char* what;
    void (*set)(v1::TailFilter&);
    bool wanted;
  };
  const Row rows[] = {
      {"nothing asked", [](v1::TailFilter&) {}, true},
      {"error", [](v1::TailFilter& f) { f.add_outcomes("error"); }, true},
      {"ok", [](v1::TailFilter& f) { f.add_outcomes("ok"); }, false},
      {"status", [](v1::TailFilter& f) { f.add_statuses(500); }, true},
      {"another status", [](v1::TailFilter& f) { f.add_statuses(200); }, false},
      {"in the URL", [](v1::TailFilter& f) { f.set_search("item=7"); }, true},
      {"in a log", [](v1::TailFilter& f) { f.set_search("3 items"); }, true},
      {"in an exception", [](v1::TailFilter& f) { f.set_search("undefined"); }, true},
      {"nowhere", [](v1::TailFilter& f) { f.set_search("Item=7"); }, false},
      {"all of it", [](v1::TailFilter& f) { f.add_statuses(500), f.set_search("nowhere"); }, false},
  };
  for (const Row& row : rows) {
    v1::TailFilter filter;
    row.set(filter);
    EXPECT_EQ(TailFilter(filter).Wants(Event("exceededCpu", 500)), row.wanted) << row.what;
  }
}

TEST(TailFilter, OnlyWhatSaidSomething) {
  v1::TailFilter asked;
  asked.set_only_with_logs(true);
  const TailFilter filter(asked);
  EXPECT_TRUE(filter.needs_text());
  v1::TailEvent event = Event("ok", 200);
  EXPECT_TRUE(filter.Wants(event));
  event.clear_exceptions();
  EXPECT_TRUE(filter.Wants(event));
  event.clear_logs();
  EXPECT_FALSE(filter.Wants(event));
}

TEST(TailFilter, APopIsAskedByItsCode) {
  v1::TailFilter filter;
  EXPECT_TRUE(TailFilter(filter).WantsPop("FRA"));
  filter.add_pops("fra");
  EXPECT_TRUE(TailFilter(filter).WantsPop("FRA"));
  EXPECT_FALSE(TailFilter(filter).WantsPop("SIN"));
}

}  // namespace
}  // namespace terrella::edge
