// Goal: an image holds what the builder was given, survives a file, and is refused when anything
// in it is not as AsGraph promises.
#include "sim/bgp/as_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <set>

#include "base/file.h"
#include "base/status.h"
#include "sim/bgp/as_graph_image.h"
#include "sim/bgp/test_graph.h"

namespace terrella::bgp {
namespace {

using ::testing::HasSubstr;

std::set<Asn> Numbers(const AsGraph& graph, std::span<const AsId> ids) {
  std::set<Asn> out;
  for (const AsId id : ids) out.insert(graph.AsnOf(id));
  return out;
}

std::filesystem::path Temporary(std::string_view name) {
  return std::filesystem::path(testing::TempDir()) / fmt::format("{}-{}", getpid(), name);
}

std::vector<uint32_t> ImageOf(const AsGraph& graph) {
  const auto path = Temporary("image.bin");
  CHECK(graph.Save(path).ok());
  const std::string bytes = *ReadFile(path);
  std::filesystem::remove(path);
  std::vector<uint32_t> image(bytes.size() / 4);
  std::memcpy(image.data(), bytes.data(), bytes.size());
  return image;
}

TEST(AsGraph, KnowsEveryLinkFromBothEnds) {
  const auto graph = GraphOf("10|20|-1\n10|30|-1\n20|30|-1\n20|40|0\n4294967295|40|-1");
  ASSERT_EQ(graph->size(), 5u);
  EXPECT_EQ(graph->provider_links(), 4u);
  EXPECT_EQ(graph->peer_links(), 1u);
  EXPECT_EQ(Numbers(*graph, graph->Providers(*graph->Find(30))), (std::set<Asn>{10, 20}));
  EXPECT_EQ(Numbers(*graph, graph->Customers(*graph->Find(10))), (std::set<Asn>{20, 30}));
  EXPECT_EQ(Numbers(*graph, graph->Peers(*graph->Find(40))), (std::set<Asn>{20}));
  EXPECT_EQ(graph->Find(4294967295u).has_value(), true);
  EXPECT_EQ(graph->Find(11), std::nullopt);
  EXPECT_EQ(graph->Degree(*graph->Find(20)), 3u);
}

TEST(AsGraph, NumbersProvidersBeforeTheirCustomers) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const auto graph = RandomGraph(seed, {.ases = 80});
    for (AsId id = 0; id < graph->size(); ++id) {
      for (const AsId provider : graph->Providers(id)) ASSERT_LT(provider, id);
    }
  }
}

TEST(AsGraph, IsTheSameFromItsFile) {
  const auto graph = RandomGraph(3, {.ases = 100});
  const auto path = Temporary("graph.bin");
  ASSERT_TRUE(graph->Save(path).ok());
  const auto loaded = AsGraph::Load(path);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(ImageOf(**loaded), ImageOf(*graph));
  std::filesystem::remove(path);
}

TEST(AsGraph, RefusesFilesThatAreNone) {
  const auto path = Temporary("bad.bin");
  EXPECT_EQ(AsGraph::Load(path).status().code(), absl::StatusCode::kNotFound);
  for (const std::string& content :
       {std::string("TERRASG1"), std::string("odd"), std::string(), std::string(64, 'x')}) {
    ASSERT_TRUE(WriteFileAtomic(path, content).ok());
    const auto graph = AsGraph::Load(path);
    EXPECT_EQ(graph.status().code(), absl::StatusCode::kDataLoss) << content;
    EXPECT_THAT(std::string(Message(graph.status())), HasSubstr(path.string()));
  }
  std::filesystem::remove(path);
}

// Whatever word changes: the image is refused, or it is still a graph with all its promises
// (another number that keeps the order).
TEST(AsGraph, ChecksEveryWordOfAnImage) {
  const std::vector<uint32_t> image = ImageOf(*RandomGraph(5, {.ases = 12}));
  size_t refused = 0, tried = 0;
  for (size_t at = 0; at < image.size(); ++at) {
    for (const uint32_t value :
         {0u, 1u, image[at] + 1, image[at] - 1, image[at] ^ 4, 0xffffffffu}) {
      if (value == image[at]) continue;
      std::vector<uint32_t> bad = image;
      bad[at] = value;
      ++tried;
      const auto graph = AsGraph::FromImage(bad);
      if (!graph.ok()) {
        ++refused;
        EXPECT_EQ(graph.status().code(), absl::StatusCode::kDataLoss);
        continue;
      }
      // Only a number or one of the head's unused words may change unseen.
      EXPECT_LT(at, kImageHeadWords + 12) << value;
    }
  }
  EXPECT_GT(refused, tried * 9 / 10);
  for (size_t words = 0; words < image.size(); ++words) {
    EXPECT_FALSE(
        AsGraph::FromImage({image.begin(), image.begin() + static_cast<long>(words)}).ok());
  }
}

TEST(AsGraphBuilder, RefusesWhatIsNoGraph) {
  struct {
    std::function<void(AsGraphBuilder&)> links;
    std::string_view error;
    uint32_t origin;
  } const cases[] = {
      {[](auto& b) { b.AddPeerLink(7, 7, 3); }, "expected two different ASes, got AS7 twice", 3},
      {[](auto& b) {
         b.AddProviderLink(1, 2, 1);
         b.AddPeerLink(2, 1, 2);
       },
       "expected one link between AS1 and AS2, got another", 2},
      {[](auto& b) {
         b.AddProviderLink(1, 2);
         b.AddProviderLink(2, 3);
         b.AddProviderLink(3, 1);
         b.AddProviderLink(3, 4);
         b.AddProviderLink(5, 1);
       },
       "expected no circle of providers", 0},
  };
  for (const auto& row : cases) {
    AsGraphBuilder builder;
    row.links(builder);
    uint32_t origin = 0;
    const auto graph = builder.Build(&origin);
    ASSERT_FALSE(graph.ok());
    EXPECT_EQ(graph.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(Message(graph.status())), HasSubstr(std::string(row.error)));
    EXPECT_EQ(origin, row.origin);
  }
}

TEST(AsGraphBuilder, NamesTheCircle) {
  AsGraphBuilder builder;
  builder.AddProviderLink(1, 2);
  builder.AddProviderLink(2, 3);
  builder.AddProviderLink(3, 1);
  const std::string error(Message(builder.Build().status()));
  // Any of its turnings: a provider stands before its customer.
  EXPECT_THAT(error,
              testing::AnyOf(HasSubstr("AS1 > AS2 > AS3 > AS1"), HasSubstr("AS2 > AS3 > AS1 > AS2"),
                             HasSubstr("AS3 > AS1 > AS2 > AS3")));
}

TEST(AsGraphBuilder, TakesAGraphWithoutLinks) {
  AsGraphBuilder builder;
  builder.AddAs(5);
  const auto graph = builder.Build();
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ((*graph)->size(), 1u);
}

}  // namespace
}  // namespace terrella::bgp
