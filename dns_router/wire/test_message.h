// Messages for tests: queries put together piece by piece, and answers taken apart by code that
// shares nothing with the server's.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace terrella::dns::testing {

inline std::string Word(unsigned value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value)};
}

// Labels of dotted text, with the root; letters keep their case.
inline std::string WireName(std::string_view text) {
  std::string wire;
  while (!text.empty()) {
    const size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    wire.push_back(static_cast<char>(label.size()));
    wire += label;
    text = dot == text.npos ? std::string_view() : text.substr(dot + 1);
  }
  wire.push_back('\0');
  return wire;
}

inline std::string Option(unsigned code, std::string_view content) {
  return Word(code) + Word(static_cast<unsigned>(content.size())) + std::string(content);
}

struct QueryParts {
  unsigned id = 0x1234;
  unsigned flags = 0x0100;  // RD
  unsigned questions = 1, answers = 0, authorities = 0;
  int additionals = -1;  // below 0: what is there
  std::string name = WireName("hello.edge.test");
  unsigned type = 1, klass = 1;
  bool edns = false;
  std::string edns_owner = std::string(1, '\0');
  unsigned payload = 1232;
  unsigned edns_version = 0;
  unsigned edns_flags = 0;
  std::string options;
  std::string tail;  // bytes behind everything
  bool without_question = false;
};

inline std::string Build(const QueryParts& q) {
  const unsigned additionals =
      q.additionals >= 0 ? static_cast<unsigned>(q.additionals) : (q.edns ? 1 : 0);
  std::string m = Word(q.id) + Word(q.flags) + Word(q.without_question ? 0 : q.questions) +
                  Word(q.answers) + Word(q.authorities) + Word(additionals);
  if (!q.without_question) m += q.name + Word(q.type) + Word(q.klass);
  if (q.edns) {
    m += q.edns_owner + Word(41) + Word(q.payload) + Word(q.edns_version) + Word(q.edns_flags) +
         Word(static_cast<unsigned>(q.options.size())) + q.options;
  }
  return m + q.tail;
}

struct AnswerRecord {
  std::string name;  // lower case as sent, dotted
  unsigned type, klass;
  uint32_t ttl;
  std::string rdata;  // names inside not decompressed
};

// An answer, decoded; throws std::runtime_error on anything malformed.
struct DecodedAnswer {
  explicit DecodedAnswer(std::string_view bytes) : m(bytes) {
    Need(0, 12);
    id = U16(0);
    flags = U16(2);
    size_t at = 12;
    if (U16(4) > 1) throw std::runtime_error("questions");
    if (U16(4) == 1) {
      ReadName(at);
      Need(at, 4);
      question = std::string(m.substr(12, at + 4 - 12));
      at += 4;
    }
    for (auto* section : {&answer, &authority, &additional}) {
      const unsigned count = U16(6 + 2 * static_cast<size_t>(section_index++));
      for (unsigned i = 0; i < count; ++i) section->push_back(ReadRecord(at));
    }
    if (at != m.size()) throw std::runtime_error("bytes behind the message");
    for (const AnswerRecord& r : additional) {
      if (r.type == 41) opt = &r;
    }
  }
  DecodedAnswer(const DecodedAnswer&) = delete;

  unsigned rcode() const { return (flags & 0xf) | (opt ? (opt->ttl >> 24) << 4 : 0); }
  bool aa() const { return (flags & 0x0400) != 0; }
  bool tc() const { return (flags & 0x0200) != 0; }
  // The option's content; "(none)" when absent.
  std::string FindOption(unsigned code) const {
    std::string_view rest = opt ? std::string_view(opt->rdata) : std::string_view();
    while (rest.size() >= 4) {
      const auto u16 = [&](size_t i) {
        return static_cast<uint8_t>(rest[i]) << 8 | static_cast<uint8_t>(rest[i + 1]);
      };
      const auto size = static_cast<size_t>(u16(2));
      if (u16(0) == static_cast<int>(code)) return std::string(rest.substr(4, size));
      rest.remove_prefix(4 + size);
    }
    return "(none)";
  }

  std::string m;
  unsigned id = 0, flags = 0;
  std::string question;
  std::vector<AnswerRecord> answer, authority, additional;
  const AnswerRecord* opt = nullptr;
  int section_index = 0;

 private:
  void Need(size_t at, size_t n) const {
    if (at > m.size() || m.size() - at < n) throw std::runtime_error("cut short");
  }
  unsigned U16(size_t at) const {
    Need(at, 2);
    return static_cast<unsigned>(static_cast<uint8_t>(m[at]) << 8 |
                                 static_cast<uint8_t>(m[at + 1]));
  }
  std::string ReadName(size_t& at) const {
    std::string text;
    size_t p = at;
    bool jumped = false;
    for (int steps = 0;; ++steps) {
      if (steps > 300) throw std::runtime_error("loop");
      Need(p, 1);
      const auto length = static_cast<uint8_t>(m[p]);
      if (length >= 0xc0) {
        if (!jumped) at = p + 2;
        jumped = true;
        p = U16(p) & 0x3fff;
        continue;
      }
      Need(p, 1u + length);
      if (length == 0) break;
      if (!text.empty()) text += '.';
      text += m.substr(p + 1, length);
      p += 1u + length;
    }
    if (!jumped) at = p + 1;
    return text;
  }
  AnswerRecord ReadRecord(size_t& at) const {
    AnswerRecord r;
    r.name = ReadName(at);
    Need(at, 10);
    r.type = U16(at);
    r.klass = U16(at + 2);
    r.ttl = U16(at + 4) << 16 | U16(at + 6);
    const size_t size = U16(at + 8);
    Need(at + 10, size);
    r.rdata = m.substr(at + 10, size);
    at += 10 + size;
    return r;
  }
};

}  // namespace terrella::dns::testing
