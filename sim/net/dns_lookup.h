// DnsLookup: what finding a name's address costs before a connection can be opened.
//
// The client asks a recursive resolver some way off, which answers from its cache or asks the
// authority (and, for a name it knows nothing of, each server above it first). A resolver keeps an
// answer for its TTL, so of requests that come to it as a Poisson process of rate r the share
// r TTL / (1 + r TTL) finds it there: one miss begins every period (RFC 1035 section 7.4, RFC 2181
// section 8).
#pragma once

namespace terrella::net {

struct DnsLookup {
  bool asked = false;           // false: the client knows the address; nothing below counts
  double resolver_rtt_ms = 0;   // client to resolver
  bool cached = true;           // at the resolver
  double authority_rtt_ms = 0;  // resolver to the name's authority
  int referrals = 0;  // servers above it asked first, each as far (RFC 1034 section 5.3.3)
};

// 0 when not asked.
double DnsLookupMs(const DnsLookup& lookup);

// Of requests at `per_s` (>= 0) to one resolver, the share that finds the answer cached.
double DnsCachedShare(double per_s, double ttl_s);

}  // namespace terrella::net
