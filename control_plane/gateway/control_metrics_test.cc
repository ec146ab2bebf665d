// The families follow Prometheus' conventions, stand in docs/gateway.md as they are, and say what
// the status says.
#include "control_plane/gateway/control_metrics.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "base/file.h"

namespace terrella::control {
namespace {

using testing::HasSubstr;

TEST(ControlMetrics, StandInTheirDocument) {
  const auto text = ReadFile(std::string(std::getenv("TERRELLA_SOURCE_DIR")) + "/docs/gateway.md");
  ASSERT_TRUE(text.ok()) << text.status();
  static constexpr std::string_view kTypes[] = {"counter", "gauge", "histogram"};
  std::set<std::string_view> names;
  for (const MetricFamily* family : metric::kFamilies) {
    EXPECT_TRUE(names.insert(family->name).second) << family->name;
    EXPECT_EQ(family->name.ends_with("_total"), family->type == MetricFamily::Type::kCounter);
    const std::string row =
        fmt::format("| `{}` | {} | {} | {} |", family->name,
                    kTypes[static_cast<size_t>(family->type)], family->labels, family->help);
    EXPECT_THAT(*text, HasSubstr(row));
  }
}

TEST(ControlMetrics, SayWhatTheStatusSays) {
  v1::GetStatusResponse status;
  status.set_cluster("c");
  status.set_build("b");
  status.set_revision(7);
  v1::NodeStatus& node = *status.add_nodes();
  node.mutable_node()->mutable_info()->set_id("FRA");
  node.mutable_node()->set_state(v1::NODE_STATE_READY);
  node.mutable_node()->set_load(0.5);
  node.set_acked_revision(6);
  node.set_requests(10);
  node.add_rejected("version/x: no");
  node.set_last_heartbeat_unix_ms(1000);
  Exposition out(Exposition::Format::kText);
  WriteMetrics(status, {}, 3500, out);
  const std::string text = out.Finish();
  for (const std::string_view line :
       {"terrella_control_build_info{version=\"b\",cluster=\"c\"} 1\n",
        "terrella_control_revision 7\n", "terrella_control_nodes{state=\"ready\"} 1\n",
        "terrella_control_nodes{state=\"down\"} 0\n",
        "terrella_control_node_acked_revision{node=\"FRA\"} 6\n",
        "terrella_control_node_rejected_resources{node=\"FRA\"} 1\n",
        "terrella_control_node_heartbeat_age_seconds{node=\"FRA\"} 2.5\n",
        "terrella_node_requests_total{node=\"FRA\"} 10\n",
        "terrella_node_load_ratio{node=\"FRA\"} 0.5\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

}  // namespace
}  // namespace terrella::control
