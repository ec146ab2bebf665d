#include "edge_node/runtime/html/matcher.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace terrella::runtime {
namespace {

// Of one parent's children, so that a document cannot fill the memory with invented elements: what
// is beyond them matches no :nth-of-type.
constexpr size_t kTypesMax = 1024;
constexpr size_t kTypeBytesMax = 64;

bool AsksForTypes(const Compound& compound) {
  return std::any_of(compound.nths.begin(), compound.nths.end(),
                     [](const NthTest& n) { return n.of_type; }) ||
         std::any_of(compound.negations.begin(), compound.negations.end(), AsksForTypes);
}

}  // namespace

SelectorMatcher::SelectorMatcher(std::vector<std::vector<ComplexSelector>> selectors) : frames_(1) {
  for (uint32_t number = 0; number < selectors.size(); ++number) {
    for (ComplexSelector& complex : selectors[number]) {
      for (const auto& step : complex.steps) counts_types_ |= AsksForTypes(step.compound);
      frames_[0].for_descendants.push_back({static_cast<uint32_t>(alternatives_.size()), 0});
      alternatives_.push_back({number, std::move(complex)});
    }
  }
}

bool SelectorMatcher::Matches(const Compound& compound, const ElementView& element,
                              const Frame& parent) const {
  if (!compound.tag.empty() && compound.tag != element.tag) return false;
  for (const NthTest& nth : compound.nths) {
    int64_t index = parent.children;
    if (nth.of_type) {
      auto found = parent.children_by_tag.find(element.tag);
      index = found == parent.children_by_tag.end() ? 0 : found->second;
      if (index == 0) return false;
    }
    if (!nth.Matches(index)) return false;
  }
  for (const AttributeTest& test : compound.attributes) {
    auto value = element.attribute(test.name);
    if (!value || !test.Matches(*value)) return false;
  }
  return std::none_of(compound.negations.begin(), compound.negations.end(),
                      [&](const Compound& negation) { return Matches(negation, element, parent); });
}

void SelectorMatcher::CountType(Frame& parent, std::string_view tag) {
  auto found = parent.children_by_tag.find(tag);
  if (found != parent.children_by_tag.end()) {
    ++found->second;
  } else if (parent.children_by_tag.size() < kTypesMax && tag.size() <= kTypeBytesMax) {
    parent.children_by_tag.emplace(tag, 1);
  }
}

std::vector<uint32_t> SelectorMatcher::Match(const ElementView& element) {
  Frame& parent = frames_.back();
  ++parent.children;
  if (counts_types_) CountType(parent, element.tag);
  next_ = {};
  next_.for_descendants = parent.for_descendants;
  std::vector<uint32_t> matched;
  for (const auto* states : {&parent.for_descendants, &parent.for_children}) {
    for (const State& state : *states) {
      const Alternative& alternative = alternatives_[state.alternative];
      const auto& steps = alternative.complex.steps;
      if (!Matches(steps[state.step].compound, element, parent)) continue;
      if (state.step + 1 == steps.size()) {
        matched.push_back(alternative.selector);
        continue;
      }
      State next{state.alternative, state.step + 1};
      (steps[next.step].child ? next_.for_children : next_.for_descendants).push_back(next);
    }
  }
  for (auto* states : {&next_.for_children, &next_.for_descendants}) {
    std::sort(states->begin(), states->end());
    states->erase(std::unique(states->begin(), states->end()), states->end());
  }
  std::sort(matched.begin(), matched.end());
  matched.erase(std::unique(matched.begin(), matched.end()), matched.end());
  return matched;
}

void SelectorMatcher::Push() {
  frames_.push_back(std::exchange(next_, {}));
}

void SelectorMatcher::Pop() {
  CHECK(frames_.size() > 1);
  frames_.pop_back();
}

}  // namespace terrella::runtime
