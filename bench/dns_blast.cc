// dns_blast: a load generator for DNS servers that costs less per query than the servers it
// measures.
//
//   dns_blast MODE --server 127.0.0.1:5300 --queries FILE [--seconds 2] [--sockets 8] ...
//
// FILE holds messages with two bytes of length in front of each (dnsperf's -B). Modes:
//   saturate  as many as the --window of unanswered queries allows
//   paced     --rate a second, each timed from its sending; the client polls and never sleeps
//   tcp       as saturate, over kept connections
//   once      every query once, a few at a time; writes the answers to --answers, in order
//   storm     --count malformed messages made of --corpus, paced by answers to good ones in between
//   flood     paced, while junk at --junk-rate comes from other sources
// --expect FILE: two IPv4 addresses a query, 8 bytes; an answer whose first record is neither is
// wrong. Prints one JSON object.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/flags/flag.h"
#include "base/flags.h"
#include "bench/dns_junk.h"
#include "bench/dns_load.h"

ABSL_FLAG(std::string, server, "127.0.0.1:5300", "whom to ask");
ABSL_FLAG(std::string, queries, "", "file of messages");
ABSL_FLAG(std::string, expect, "", "file of the two addresses each answer may have");
ABSL_FLAG(std::string, answers, "", "once: where the answers go, empty ones for none");
ABSL_FLAG(double, seconds, 2, "how long");
ABSL_FLAG(int, rate, 20000, "paced, flood: queries a second");
ABSL_FLAG(int, sockets, 8, "sockets or connections, each of another network");
ABSL_FLAG(int, window, 256, "unanswered queries a socket");
ABSL_FLAG(int, count, 1000000, "storm: messages");
ABSL_FLAG(std::string, corpus, "", "storm, flood: file of messages junk is made of; --queries");
ABSL_FLAG(int, junk_rate, 200000, "flood: junk a second");
ABSL_FLAG(std::string, junk, "mixed", "flood: malformed, names (that do not exist) or mixed");
ABSL_FLAG(std::string, junk_from, "near", "flood: near (the hosts of one /24) or everywhere");
ABSL_FLAG(uint64_t, seed, 1, "storm, flood: of the junk");

namespace terrella::blast {
namespace {

sockaddr_in Server() {
  return ParseServer(absl::GetFlag(FLAGS_server));
}

std::vector<std::unique_ptr<Asker>> MakeAskers(const Queries& queries) {
  std::vector<std::unique_ptr<Asker>> askers;
  const int count = absl::GetFlag(FLAGS_sockets);
  for (int i = 0; i < count; ++i) {
    askers.push_back(std::make_unique<Asker>(
        queries, Server(), i,
        queries.messages.size() / static_cast<size_t>(count) * static_cast<size_t>(i)));
  }
  return askers;
}

int64_t DurationNs() {
  return static_cast<int64_t>(absl::GetFlag(FLAGS_seconds) * 1e9);
}

double SecondsSince(int64_t start_ns) {
  return static_cast<double>(NowNs() - start_ns) / 1e9;
}

void Saturate(const Queries& queries) {
  const auto askers = MakeAskers(queries);
  const int window = absl::GetFlag(FLAGS_window);
  Tally tally;
  const int64_t start = NowNs();
  while (NowNs() - start < DurationNs()) {
    for (const auto& asker : askers) {
      asker->Receive(tally);
      while (asker->pending() < window) {
        const int before = asker->pending();
        asker->Send(window - before, tally);
        if (asker->pending() == before) break;
      }
    }
  }
  tally.Print(SecondsSince(start));
}

Queries LoadCorpus() {
  const std::string path = absl::GetFlag(FLAGS_corpus);
  return Queries::Load(path.empty() ? absl::GetFlag(FLAGS_queries) : path);
}

JunkOptions JunkFlags() {
  JunkOptions options{.seed = absl::GetFlag(FLAGS_seed)};
  const std::string kind = absl::GetFlag(FLAGS_junk), from = absl::GetFlag(FLAGS_junk_from);
  if (kind == "malformed") options.kind = JunkKind::kMalformed;
  if (kind == "names") options.kind = JunkKind::kNames;
  options.everywhere = from == "everywhere";
  return options;
}

// `junk`: null for none.
void Paced(const Queries& queries, JunkSender* junk) {
  const auto askers = MakeAskers(queries);
  Tally tally{.keeps_rtts = true};
  const double period_ns = 1e9 / absl::GetFlag(FLAGS_rate);
  const double junk_period_ns = 1e9 / absl::GetFlag(FLAGS_junk_rate);
  constexpr int64_t kJunkAtOnce = 16;  // or good queries are late
  const int64_t start = NowNs();
  uint64_t turn = 0;
  int64_t junk_sent = 0;
  for (int64_t now = start; now - start < DurationNs(); now = NowNs()) {
    const auto elapsed = static_cast<double>(now - start);
    if (elapsed >= static_cast<double>(turn) * period_ns) {
      askers[turn++ % askers.size()]->Send(1, tally);
    }
    const int64_t due = static_cast<int64_t>(elapsed / junk_period_ns) - junk_sent;
    if (junk != nullptr && due > 0) {
      junk_sent += junk->Send(static_cast<int>(std::min(due, kJunkAtOnce)));
    }
    for (const auto& asker : askers) {
      if (asker->pending() > 0) asker->Receive(tally);
    }
  }
  // What is under way still counts, not what would be answered later than anybody waits.
  const double seconds = SecondsSince(start);
  for (const int64_t end = NowNs() + 200'000'000; NowNs() < end;) {
    for (const auto& asker : askers) asker->Receive(tally);
  }
  tally.Print(seconds, junk == nullptr ? ""
                                       : fmt::format(",\"junk\":{},\"junk_replies\":{}", junk_sent,
                                                     junk->replies()));
}

void Flood(const Queries& queries) {
  const Queries corpus = LoadCorpus();
  const auto junk = std::make_unique<JunkSender>(corpus, Server(), JunkFlags());
  Paced(queries, junk.get());
}

// Junk as fast as the server keeps up: after every few batches a good query must come back. What
// is asked again and comes then was late; what does not come at all is lost.
void Storm(const Queries& queries) {
  const Queries corpus = LoadCorpus();
  JunkOptions options = JunkFlags();
  options.kind = JunkKind::kMalformed;
  const auto near = std::make_unique<JunkSender>(corpus, Server(), options);
  options.everywhere = true;
  ++options.seed;
  const auto far = std::make_unique<JunkSender>(corpus, Server(), options);
  const auto asker = std::make_unique<Asker>(queries, Server(), 0, 0);
  Tally tally{.keeps_rtts = true};
  const int64_t start = NowNs();
  const int64_t count = absl::GetFlag(FLAGS_count);
  int64_t sent = 0, late = 0, lost = 0;
  while (sent < count) {
    for (int i = 0; i < 8; ++i) sent += (i % 2 == 0 ? near : far)->Send(kBatch);
    const uint64_t before = tally.received;
    for (int attempt = 0; attempt < 10 && tally.received == before; ++attempt) {
      late += attempt > 0;
      asker->Send(1, tally);
      for (const int64_t end = NowNs() + 100'000'000; NowNs() < end && tally.received == before;) {
        asker->Receive(tally);
      }
    }
    lost += tally.received == before;
  }
  tally.Print(SecondsSince(start),
              fmt::format(",\"junk\":{},\"junk_replies\":{},\"late\":{},\"lost\":{}", sent,
                          near->replies() + far->replies(), late, lost));
}

void Once(const Queries& queries) {
  auto asker = std::make_unique<Asker>(queries, Server(), 0, 0);
  std::vector<std::string> answers(queries.messages.size());
  Tally tally{.keeps_rtts = true};
  const int64_t start = NowNs();
  while (tally.sent < queries.messages.size()) {
    const auto rest = static_cast<int>(queries.messages.size() - tally.sent);
    asker->Send(std::min({rest, 32, 32 - asker->pending()}), tally);
    asker->Receive(tally, &answers);
  }
  for (const int64_t end = NowNs() + 500'000'000; asker->pending() > 0 && NowNs() < end;)
    asker->Receive(tally, &answers);
  std::FILE* file = std::fopen(absl::GetFlag(FLAGS_answers).c_str(), "wb");
  if (file == nullptr) Die("--answers");
  for (const std::string& answer : answers) {
    const char length[] = {static_cast<char>(answer.size() >> 8), static_cast<char>(answer.size())};
    std::fwrite(length, 1, 2, file);
    std::fwrite(answer.data(), 1, answer.size(), file);
  }
  std::fclose(file);
  tally.Print(SecondsSince(start));
}

void Tcp(const Queries& queries) {
  std::vector<Stream> streams;
  const int count = absl::GetFlag(FLAGS_sockets);
  for (int i = 0; i < count; ++i) {
    streams.emplace_back(
        queries, Server(), i,
        queries.messages.size() / static_cast<size_t>(count) * static_cast<size_t>(i));
  }
  Tally tally;
  const int64_t start = NowNs();
  while (NowNs() - start < DurationNs()) {
    for (Stream& stream : streams) stream.Turn(absl::GetFlag(FLAGS_window), tally);
  }
  tally.Print(SecondsSince(start));
}

int Run(std::string_view mode) {
  const Queries queries = Queries::Load(absl::GetFlag(FLAGS_queries), absl::GetFlag(FLAGS_expect));
  if (mode == "saturate") {
    Saturate(queries);
  } else if (mode == "paced") {
    Paced(queries, nullptr);
  } else if (mode == "flood") {
    Flood(queries);
  } else if (mode == "storm") {
    Storm(queries);
  } else if (mode == "once") {
    Once(queries);
  } else if (mode == "tcp") {
    Tcp(queries);
  } else {
    fmt::print(stderr, "dns_blast: expected a mode: saturate, paced, flood, storm, once or tcp\n");
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace terrella::blast

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  terrella::ParseFlags(argc - 1, argv + 1, __FILE__, "dns_blast: load for DNS servers");
  return terrella::blast::Run(mode);
}
