#include "sim/bgp/as_footprint.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/file.h"
#include "base/status.h"
#include "sim/bgp/as_footprint_file.h"

namespace terrella::bgp {
namespace {

constexpr std::string_view kMagic = "TERRAFP1";
constexpr size_t kHeadWords = 8;
constexpr size_t kAsesMax = 1'000'000;
constexpr size_t kCellsMax = 16'000'000;
constexpr size_t kFileBytesMax = 64 << 20;
constexpr size_t kCellWords = sizeof(Cell) / 4;

size_t WordsOf(size_t ases, size_t cells) {
  return kHeadWords + 2 * ases + 1 + kCellWords * cells;
}

bool IsCapital(char c) {
  return c >= 'A' && c <= 'Z';
}

}  // namespace

absl::StatusOr<std::shared_ptr<const AsFootprint>> AsFootprint::Load(
    const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path, kFileBytesMax));
  auto footprint = Unpack(bytes);
  if (!footprint.ok()) return DataLoss("{}: {}", path.string(), Message(footprint.status()));
  return footprint;
}

absl::StatusOr<std::shared_ptr<const AsFootprint>> AsFootprint::Unpack(std::string_view bytes) {
  ASSIGN_OR_RETURN(std::vector<uint32_t> words, UnpackFootprint(bytes));
  return FromWords(std::move(words));
}

absl::StatusOr<std::shared_ptr<const AsFootprint>> AsFootprint::FromWords(
    std::vector<uint32_t> words) {
  std::shared_ptr<AsFootprint> footprint(new AsFootprint);
  footprint->words_ = std::move(words);
  RETURN_IF_ERROR(footprint->Init());
  return footprint;
}

absl::Status AsFootprint::Init() {
  const std::span<const uint32_t> words(words_);
  if (words.size() < kHeadWords || std::memcmp(words.data(), kMagic.data(), kMagic.size()) != 0) {
    return DataLoss("expected footprints of ASes that begin with {}", kMagic);
  }
  const size_t ases = words[2], cells = words[3];
  if (ases > kAsesMax || cells > kCellsMax) {
    return DataLoss("expected at most {} ASes and {} cells, got {} and {}", kAsesMax, kCellsMax,
                    ases, cells);
  }
  if (words.size() != WordsOf(ases, cells)) {
    return DataLoss("expected {} words, got {}", WordsOf(ases, cells), words.size());
  }
  asn_ = words.subspan(kHeadWords, ases);
  begins_ = words.subspan(kHeadWords + ases, ases + 1);
  cells_ = {reinterpret_cast<const Cell*>(words.data() + kHeadWords + 2 * ases + 1), cells};
  return Check();
}

absl::Status AsFootprint::Check() const {
  if (begins_.front() != 0 || begins_.back() != cells_.size()) {
    return DataLoss("expected the cells of the ASes to follow each other");
  }
  for (size_t i = 0; i < asn_.size(); ++i) {
    if (begins_[i] >= begins_[i + 1]) return DataLoss("expected a cell of AS{}", asn_[i]);
    if (i > 0 && asn_[i - 1] >= asn_[i]) return DataLoss("expected ASes to ascend at {}", i);
  }
  for (size_t i = 0; i < cells_.size(); ++i) {
    const Cell& cell = cells_[i];
    if (std::abs(cell.latitude_cdeg) > 9000 || std::abs(cell.longitude_cdeg) > 18000 ||
        !IsCapital(cell.country[0]) || !IsCapital(cell.country[1]) || cell.zero != 0) {
      return DataLoss("expected cell {} to be on the globe and in a country", i);
    }
  }
  return absl::OkStatus();
}

std::span<const Cell> AsFootprint::CellsOf(Asn asn) const {
  const auto found = std::lower_bound(asn_.begin(), asn_.end(), asn);
  if (found == asn_.end() || *found != asn) return {};
  const auto i = static_cast<size_t>(found - asn_.begin());
  return cells_.subspan(begins_[i], begins_[i + 1] - begins_[i]);
}

std::vector<uint32_t> FootprintWords(std::span<const Asn> asn,
                                     std::span<const std::vector<Cell>> cells) {
  CHECK(asn.size() == cells.size());
  size_t count = 0;
  for (const std::vector<Cell>& list : cells) count += list.size();
  std::vector<uint32_t> words(WordsOf(asn.size(), count), 0);
  std::memcpy(words.data(), kMagic.data(), kMagic.size());
  words[2] = static_cast<uint32_t>(asn.size());
  words[3] = static_cast<uint32_t>(count);
  std::copy(asn.begin(), asn.end(), words.begin() + kHeadWords);
  uint32_t* begins = words.data() + kHeadWords + asn.size();
  auto* out = reinterpret_cast<unsigned char*>(begins + asn.size() + 1);
  for (size_t i = 0; i < cells.size(); ++i) {
    begins[i + 1] = begins[i] + static_cast<uint32_t>(cells[i].size());
    if (cells[i].empty()) continue;
    std::memcpy(out, cells[i].data(), cells[i].size() * sizeof(Cell));
    out += cells[i].size() * sizeof(Cell);
  }
  return words;
}

}  // namespace terrella::bgp
