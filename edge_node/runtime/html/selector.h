// Selectors: the part of CSS that can be decided at a start tag, from the element and its ancestors
// alone.
//
//   * E .class #id [attr] [attr=value i] ~= ^= $= *= |=   :first-child :nth-child(2n+1)
//   :first-of-type :nth-of-type(...) :not(COMPOUND, ...)   A B   A > B   A, B
//
// What needs what comes later in the document (:last-child, siblings' combinators) is refused with
// a message. Source: Selectors Level 4; the names of HTML elements and attributes compare without
// case.
//
// Thread: any (immutable once parsed).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace terrella::runtime {

struct AttributeTest {
  enum class Operator { kExists, kEquals, kIncludes, kPrefix, kSuffix, kSubstring, kDash };
  std::string name;  // lower case
  Operator op = Operator::kExists;
  std::string value;
  bool ignore_case = false;

  bool Matches(std::string_view attribute_value) const;
};

// "An+B" (Selectors section on :nth-child()): index is step * n + offset for some n >= 0.
struct NthTest {
  int32_t step = 0;
  int32_t offset = 0;
  bool of_type = false;

  bool Matches(int64_t index) const;  // of the first child: 1
};

// What one element must be.
struct Compound {
  std::string tag;  // lower case; empty: any
  std::vector<AttributeTest> attributes;
  std::vector<NthTest> nths;
  std::vector<Compound> negations;  // none of these
};

// One of the alternatives of a selector: compounds from the outermost inwards.
struct ComplexSelector {
  struct Step {
    Compound compound;
    bool child = false;  // of the element before; else any descendant of it
  };
  std::vector<Step> steps;
};

struct SelectorLimits {
  size_t bytes_max = 4096;
  size_t steps_max = 64;  // of all alternatives together
};

// InvalidArgument names the place and what was expected.
absl::StatusOr<std::vector<ComplexSelector>> ParseSelector(std::string_view text,
                                                           const SelectorLimits& limits = {});

}  // namespace terrella::runtime
