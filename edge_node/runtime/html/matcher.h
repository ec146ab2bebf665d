// SelectorMatcher: which selectors an element matches, decided at its start tag without a tree.
//
// All selectors run together as one automaton: a state is "the steps before this one are matched by
// ancestors". An open element keeps the states it leads to, those for its children and those for
// all its descendants; a start tag tries the states of its parent. So no element is looked at
// twice, and nothing of closed elements is kept but their number, for :nth-child.
//
// Thread: one. Invariants: (1) Pop undoes the last Push; (2) the depth is at most `depth_max`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge_node/runtime/html/selector.h"

namespace terrella::runtime {

// What a matcher may ask of a start tag. The value of an attribute by its lower-case name.
struct ElementView {
  std::string_view tag;  // lower case
  std::function<std::optional<std::string_view>(std::string_view name)> attribute;
};

class SelectorMatcher {
 public:
  // A selector's number is its place here.
  explicit SelectorMatcher(std::vector<std::vector<ComplexSelector>> selectors);

  // The numbers of the selectors that match a child of the innermost open element, in order. Counts
  // the child; call it once for each start tag.
  std::vector<uint32_t> Match(const ElementView& element);
  // Opens the element matched last.
  void Push();
  // Closes the innermost open element. There is one.
  void Pop();
  size_t depth() const { return frames_.size() - 1; }

 private:
  // Step `step` of alternative `alternative` is to be tried.
  struct State {
    uint32_t alternative;
    uint32_t step;
    auto operator<=>(const State&) const = default;
  };
  struct Frame {
    std::vector<State> for_children;     // only
    std::vector<State> for_descendants;  // children included; sorted
    int64_t children = 0;
    std::map<std::string, int64_t, std::less<>> children_by_tag;  // kept when a selector asks
  };
  struct Alternative {
    uint32_t selector;
    ComplexSelector complex;
  };

  static void CountType(Frame& parent, std::string_view tag);
  bool Matches(const Compound& compound, const ElementView& element, const Frame& parent) const;

  std::vector<Alternative> alternatives_;
  bool counts_types_ = false;
  std::vector<Frame> frames_;  // the first is the document
  Frame next_;                 // of the element matched last
};

}  // namespace terrella::runtime
