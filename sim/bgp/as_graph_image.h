// The image of an AsGraph: 32-bit little-endian words, in a file or in memory.
//
//   head        8 words: "TERRASG1" (2), ASes n, provider links m, peer links k, 3 zeros
//   asn         n       number of each AS, in the order of the graph
//   by_asn      n       ids by ascending number
//   providers   n + 1   where each AS's list begins in the next
//               m       ids
//   customers   n + 1, m
//   peers       n + 1, 2 k
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sim/bgp/as_graph.h"

namespace terrella::bgp {

constexpr size_t kImageHeadWords = 8;

struct ImageParts {
  std::span<const Asn> asn;
  std::span<const AsId> by_asn;
  AsGraph::Rows providers, customers, peers;
};

struct ImageCounts {
  size_t ases = 0;
  size_t provider_links = 0;
  size_t peer_links = 0;
};

size_t ImageWords(const ImageCounts& counts);
size_t ImageWordsMax(const AsGraphLimits& limits);

// Writes the eight words of the head.
void WriteImageHead(const ImageCounts& counts, uint32_t* head);

// Where the parts are. DataLoss when head and size do not fit each other or the limits.
absl::StatusOr<ImageParts> SplitImage(std::span<const uint32_t> image, const AsGraphLimits& limits);

// DataLoss unless the invariants of AsGraph hold. Reads every word about twice.
absl::Status CheckImage(const ImageParts& parts);

}  // namespace terrella::bgp
