// The rate limit binding as a worker sees it.
#include <gtest/gtest.h>

#include "edge_node/runtime/testing.h"

namespace terrella::runtime {
namespace {

TEST(RateLimitBinding, TellsWhetherACallIsWithinTheLimit) {
  auto code = CodeOf(R"js(
    export default {
      async fetch(request, { LIMITER }) {
        const out = [];
        for (const key of ['a', 'é b', 'a']) out.push((await LIMITER.limit({ key })).success);
        for (const bad of [undefined, {}, { key: 1 }, { key: 'x'.repeat(2049) }]) {
          try { await LIMITER.limit(bad); } catch (error) { out.push(error.name); }
        }
        try { new LIMITER.constructor(); } catch (error) { out.push(error.message); }
        return Response.json([out, LIMITER.constructor.name]);
      },
    };
  )js");
  code->bindings = {{"LIMITER", BindingKind::kRateLimit, "12 60 my space"}};
  TestBench bench(code);
  std::vector<std::string> calls;
  bench.on_rate = [&](const RateLimitCall& call) {
    EXPECT_EQ(call.ns, "my space");
    EXPECT_EQ(call.limit, 12u);
    EXPECT_EQ(call.period_s, 60u);
    calls.emplace_back(call.key);
    return calls.size() < 3;
  };
  EXPECT_EQ(bench.Get(), R"([[true,true,false,"TypeError","TypeError","TypeError","RangeError",)"
                         R"("Illegal constructor"],"RateLimit"])");
  EXPECT_EQ(calls, (std::vector<std::string>{"a", "é b", "a"}));
}

}  // namespace
}  // namespace terrella::runtime
