#include "sim/report/shift.h"

#include <algorithm>
#include <numeric>

namespace terrella::sim {
namespace {

constexpr Duration kTogether = std::chrono::seconds(1);
constexpr uint64_t kAnswersMin = 3;  // on either side of a cut, to say anything

// Answers by PoP of one city and steering between two cuts. Few PoPs each.
struct Cell {
  std::vector<std::pair<uint16_t, uint32_t>> pops;

  void Count(uint16_t pop) {
    for (auto& [known, count] : pops) {
      if (known == pop) {
        ++count;
        return;
      }
    }
    pops.emplace_back(pop, 1);
  }
  uint64_t Of(uint16_t pop) const {
    for (const auto& [known, count] : pops) {
      if (known == pop) return count;
    }
    return 0;
  }
  uint64_t all() const {
    return std::accumulate(pops.begin(), pops.end(), uint64_t{0},
                           [](uint64_t sum, const auto& pop) { return sum + pop.second; });
  }
  uint16_t Most() const {
    return std::max_element(pops.begin(), pops.end(),
                            [](const auto& a, const auto& b) {
                              return a.second != b.second ? a.second < b.second : a.first > b.first;
                            })
        ->first;
  }
};

struct Cut {
  Duration at{};
  std::string what;
};
struct Cuts {
  std::vector<Cut> cuts;
  Duration until = Duration::max();  // of the last one's window: there begins one too many
};

// What nobody is led elsewhere by: releases and names of times.
bool MovesNobody(std::string_view action) {
  const std::string_view verb = action.substr(0, action.find(' '));
  return verb == "deploy" || verb == "phase" || verb == "rollout";
}

Cuts CutsOf(const Results& results) {
  std::vector<const EventRecord*> events;
  for (const EventRecord& event : results.events()) {
    if (event.ok && !MovesNobody(event.action)) events.push_back(&event);
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const auto* a, const auto* b) { return a->at < b->at; });
  Cuts out;
  Duration last{};  // of the events of the last cut
  for (const EventRecord* event : events) {
    if (!out.cuts.empty() && event->at - last < kTogether) {
      out.cuts.back().what += ", " + event->action;
    } else if (out.cuts.size() == kShiftsMax) {
      out.until = event->at;
      break;
    } else {
      out.cuts.push_back({.at = event->at, .what = event->action});
    }
    last = event->at;
  }
  return out;
}

// The cities' answers between the cuts, gone through once, and what those who moved felt, gone
// through once more.
class Movement {
 public:
  Movement(const Results& results, Cuts cuts)
      : results_(results),
        cuts_(std::move(cuts.cuts)),
        until_(cuts.until),
        cells_(cuts_.size() + 1) {
    for (auto& window : cells_) window.resize(2 * results.places().cities().size());
    ForEachAnswer([this](size_t window, size_t cell, const Sample& sample) {
      cells_[window][cell].Count(sample.pop);
    });
  }

  std::vector<Shift> Shifts(Duration duration) {
    std::vector<Shift> out;
    for (size_t cut = 0; cut < cuts_.size(); ++cut) {
      const Duration until =
          cut + 1 < cuts_.size() ? cuts_[cut + 1].at : std::min(duration, until_);
      out.push_back({.at_s = ToMs(cuts_[cut].at) / 1000,
                     .until_s = ToMs(until) / 1000,
                     .what = cuts_[cut].what});
      FindMoves(cut, out.back());
    }
    AddTimes(out);
    std::erase_if(out, [](const Shift& shift) { return shift.moved == 0; });
    return out;
  }

 private:
  static size_t CellOf(net::CityId city, Steering steering) {
    return 2 * size_t{city} + static_cast<size_t>(steering);
  }

  template <class Each>
  void ForEachAnswer(Each each) const {
    for (const Sample& sample : results_.samples()) {
      if (sample.failure != Failure::kNone || sample.pop == 0 || sample.due >= until_) continue;
      size_t window = 0;
      while (window < cuts_.size() && cuts_[window].at <= sample.due) ++window;
      each(window, CellOf(sample.city, sample.steering), sample);
    }
  }

  void FindMoves(size_t cut, Shift& shift) const {
    for (size_t at = 0; at < cells_[cut].size(); ++at) {
      const Cell &before = cells_[cut][at], &after = cells_[cut + 1][at];
      const uint64_t answers_before = before.all(), answers_after = after.all();
      if (answers_before < kAnswersMin || answers_after < kAnswersMin) continue;
      const uint16_t from = before.Most(), to = after.Most();
      const bool stayed = 2 * after.Of(from) * answers_before >= before.Of(from) * answers_after;
      if (from == to || stayed) continue;
      const auto city = static_cast<net::CityId>(at / 2);
      shift.moves.push_back({.city = city,
                             .name = results_.places().cities()[city].name,
                             .country = results_.places().cities()[city].country,
                             .steering = static_cast<Steering>(at % 2),
                             .from = results_.pops()[from],
                             .to = results_.pops()[to],
                             .requests = answers_after});
    }
    shift.moved = shift.moves.size();
    std::stable_sort(shift.moves.begin(), shift.moves.end(),
                     [](const Move& a, const Move& b) { return a.requests > b.requests; });
    if (shift.moves.size() > kMovesPerShiftMax) shift.moves.resize(kMovesPerShiftMax);
  }

  void AddTimes(std::vector<Shift>& shifts) const {
    struct Felt {
      Histogram before, after;
    };
    constexpr uint32_t kNobody = 0;
    std::vector<Felt> felt;
    std::vector<std::vector<uint32_t>> index(shifts.size());  // by cut, by cell: in `felt`, + 1
    for (size_t cut = 0; cut < shifts.size(); ++cut) {
      index[cut].resize(cells_[cut].size(), kNobody);
      for (const Move& move : shifts[cut].moves) {
        felt.emplace_back();
        index[cut][CellOf(move.city, move.steering)] = static_cast<uint32_t>(felt.size());
      }
    }
    ForEachAnswer([&](size_t window, size_t cell, const Sample& sample) {
      const auto is = [&](size_t of_window) {
        return sample.pop == cells_[of_window][cell].Most();
      };
      if (window < shifts.size() && index[window][cell] != kNobody && is(window)) {
        felt[index[window][cell] - 1].before.Add(FeltUs(sample));
      }
      if (window > 0 && index[window - 1][cell] != kNobody && is(window)) {
        felt[index[window - 1][cell] - 1].after.Add(FeltUs(sample));
      }
    });
    for (size_t cut = 0; cut < shifts.size(); ++cut) {
      for (Move& move : shifts[cut].moves) {
        const Felt& times = felt[index[cut][CellOf(move.city, move.steering)] - 1];
        move.before_ms = QuantileMs(times.before, 0.5);
        move.after_ms = QuantileMs(times.after, 0.5);
      }
    }
  }

  const Results& results_;
  const std::vector<Cut> cuts_;
  const Duration until_;
  std::vector<std::vector<Cell>> cells_;  // by window: before the first cut, after it, ...
};

}  // namespace

std::vector<Shift> ShiftsOf(const Results& results, Duration duration) {
  Cuts cuts = CutsOf(results);
  if (cuts.cuts.empty() || results.samples().empty()) return {};
  return Movement(results, std::move(cuts)).Shifts(duration);
}

}  // namespace terrella::sim
