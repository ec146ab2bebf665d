// EveningQueue: the queue before people's last mile while everybody is at home.
//
// One of ten eyeball networks is congested every evening (Fontugne et al., IMC 2020: "only 10%
// ASes" of 646); the others show no daily pattern (Bajpai et al., CCR 2017). A congested network's
// queue adds nothing by day, rises from 17:00 local time to its peak at 21:00 and is gone at 1:00.
// How high the peak is varies by network: 3 ms in the median, 95 % between 0.5 and 18. The share is
// the survey's, the peak's distribution and the hours are assumptions. Local time is the sun's.
//
// Pure: what a network draws is fixed by the seed and its number.
#pragma once

#include <cstdint>

namespace terrella::net {

struct EveningOptions {
  double congested_share = 0.10;  // of networks
  double peak_ms_median = 3;
  double peak_log_sigma = 0.9;
  uint64_t seed = 1;
};
constexpr double kEveningPeakMsMax = 100;

// What the network's queue adds to a round trip at its peak; 0 for most networks.
double EveningPeakMs(const EveningOptions& options, uint64_t network);
// And at an hour of UTC, [0, 24), at a longitude.
double EveningQueueMs(const EveningOptions& options, uint64_t network, double hour_utc,
                      double longitude_deg);

// Of the peak, [0, 1], at an hour of local time.
double EveningShape(double local_hour);

}  // namespace terrella::net
