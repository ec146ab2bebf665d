// Answers of a DNS server: no bytes may crash the client side.
#include <cstdint>
#include <string_view>

#include "sim/resolver/dns_message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view message(reinterpret_cast<const char*>(data), size);
  terrella::sim::DnsQuestion question{.id = 0x6161, .name = "a.test", .subnet = {}};
  if (size >= 2) question.id = static_cast<uint16_t>(data[0] << 8 | data[1]);
  for (const bool texts : {false, true}) {
    question.texts = texts;
    (void)terrella::sim::ParseDnsAnswer(message, question).ok();
  }
  return 0;
}
