#include "sim/ingress/wakeup.h"

#include <gtest/gtest.h>

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;

TEST(Wakeup, LeadsByTheLeastThatWasSeenLately) {
  Wakeup wakeup;
  EXPECT_EQ(wakeup.lead(), 0us);
  for (int i = 0; i < Wakeup::kSeenToLearn; ++i) wakeup.Note(i == 7 ? 20us : 3ms);
  EXPECT_EQ(wakeup.lead(), 20us);
  for (int i = 0; i < Wakeup::kSeenToLearn - 1; ++i) wakeup.Note(30us);
  EXPECT_EQ(wakeup.lead(), 20us);
  wakeup.Note(30us);
  EXPECT_EQ(wakeup.lead(), 30us);
}

TEST(Wakeup, LeadsByLittleWhateverWasSeen) {
  Wakeup wakeup;
  for (int i = 0; i < Wakeup::kSeenToLearn; ++i) wakeup.Note(5ms);
  EXPECT_EQ(wakeup.lead(), Wakeup::kLeadMax);
  for (int i = 0; i < Wakeup::kSeenToLearn; ++i) wakeup.Note(-1us);
  EXPECT_EQ(wakeup.lead(), 0us);
}

}  // namespace
}  // namespace terrella::sim
