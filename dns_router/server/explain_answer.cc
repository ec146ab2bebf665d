#include "dns_router/server/explain_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "absl/strings/str_join.h"
#include "dns_router/policy/explanation.h"

namespace terrella::dns {
namespace {

constexpr std::string_view kLabel = "\10_explain";
constexpr size_t kStringBytesMax = 255;  // RFC 1035 section 3.3
constexpr uint32_t kTtlS = 0;            // nobody's but who asked

std::string HeadLine(const Snapshot& snapshot, const Explanation& why, const IpAddress& client,
                     bool by_subnet) {
  const int bits = why.choice.scope_bits;
  std::string line = fmt::format("0 client {} in {}, by the {}; cell {}/{}; ttl {} s",
                                 client.ToString(), snapshot.geography().NameOf(why.location),
                                 by_subnet ? "client subnet" : "address of who asked",
                                 client.Masked(bits).ToString(), bits, why.choice.ttl_s);
  if (!why.policy_steps.empty()) line += "; policy " + absl::StrJoin(why.policy_steps, ", ");
  if (why.choice.count == 0) line += "; no node is left";
  return line;
}

}  // namespace

std::optional<std::string_view> ExplainedName(const Query& query, const Snapshot& snapshot,
                                              const AnswerContext& context) {
  if (!query.name().starts_with(kLabel)) return std::nullopt;
  const auto includes = [&](const IpPrefix& block) { return block.Contains(context.client); };
  if (std::none_of(context.explain_to.begin(), context.explain_to.end(), includes)) {
    return std::nullopt;
  }
  const std::string_view name = query.name().substr(kLabel.size());
  const Zone::Match match = snapshot.zone().Find(name);
  if (match.place != Zone::Place::kExists || !match.data.steered) return std::nullopt;
  return name;
}

std::vector<std::string> ExplainLines(const Query& query, std::string_view name,
                                      const Snapshot& snapshot, const AnswerContext& context,
                                      uint8_t* scope_bits) {
  const bool by_subnet = query.subnet && query.subnet->source_bits > 0;
  const IpAddress client = by_subnet ? query.subnet->Address() : context.client;
  const Explanation why = ExplainFor(snapshot, name, client);
  if (by_subnet) *scope_bits = static_cast<uint8_t>(why.choice.scope_bits);
  std::vector<std::string> lines = {HeadLine(snapshot, why, client, by_subnet)};
  const bool all = context.transport != Transport::kUdp;
  size_t rank = 0, left_out = 0;
  for (const Explanation::Candidate& candidate : why.candidates) {
    ++rank;
    if (!all && rank > kExplainUdpNodesMax && !candidate.chosen) {
      ++left_out;
      continue;
    }
    const NodeFacts& node = snapshot.node(candidate.node);
    lines.push_back(fmt::format("{} {}{} {} {:.1f} ms {}: {}", rank, candidate.chosen ? "-> " : "",
                                node.id, node.address.ToString(), candidate.rtt_ms,
                                StateName(node.state), candidate.reason));
  }
  if (left_out > 0) lines.push_back(fmt::format("{} {} more over TCP", rank + 1, left_out));
  for (std::string& line : lines) line.resize(std::min(line.size(), kStringBytesMax));
  return lines;
}

void WriteExplanation(const Query& query, std::span<const std::string> lines,
                      const AnswerContext& context, ResponseWriter& writer) {
  Signer* const signer = context.signer;
  const bool signs = signer != nullptr && query.dnssec_ok && signer->enabled();
  writer.BeginSet();
  if (signs) signer->Begin(query.name(), Type::kTxt, kTtlS);
  for (const std::string& line : lines) {
    const std::string content = static_cast<char>(line.size()) + line;
    writer.Record({Section::kAnswer, kQuestionNameOffset, Type::kTxt, Class::kIn, kTtlS}, content);
    if (signs) signer->Add(content);
  }
  if (signs && !signer->Finish(/*lasting=*/false)) return writer.Truncate();
  if (signs) {
    for (const std::string& rrsig : signer->signatures()) {
      writer.Record({Section::kAnswer, kQuestionNameOffset, Type::kRrsig, Class::kIn, kTtlS},
                    rrsig);
    }
  }
  writer.EndSet();
}

}  // namespace terrella::dns
