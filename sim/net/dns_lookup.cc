#include "sim/net/dns_lookup.h"

#include "base/check.h"

namespace terrella::net {

double DnsLookupMs(const DnsLookup& lookup) {
  if (!lookup.asked) return 0;
  CHECK(lookup.resolver_rtt_ms >= 0 && lookup.authority_rtt_ms >= 0 && lookup.referrals >= 0);
  if (lookup.cached) return lookup.resolver_rtt_ms;
  return lookup.resolver_rtt_ms + (1 + lookup.referrals) * lookup.authority_rtt_ms;
}

double DnsCachedShare(double per_s, double ttl_s) {
  CHECK(per_s >= 0 && ttl_s >= 0);
  return per_s * ttl_s / (1 + per_s * ttl_s);
}

}  // namespace terrella::net
