// Flips: that a client's packets do not always go where they went before.
//
// Where a network has several equally good next hops that lead to different sites, routers spread
// flows over them. Few clients are seen to flip between sites; fewer still within one connection,
// which then breaks. Which client flips and where to follows from the routes (LiveAnycast); how
// many do are knobs, their defaults as measured.
#pragma once

namespace terrella::bgp {

struct FlipOptions {
  // Share of clients that reach two sites by turns: 0.8 % in 2016, 3.2 % in 2024 (Zhang et al., PAM
  // 2025); about 1 % in 2018 (Wei and Heidemann, TNSM 2018).
  double unstable_share = 0.032;
  // Share of clients whose packets of one connection reach two sites (Wei and Heidemann 2018).
  double tcp_flip_share = 0.0015;
};

}  // namespace terrella::bgp
