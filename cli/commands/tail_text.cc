#include "cli/commands/tail_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

// Bytes that are not UTF-8 become U+FFFD: a worker may log anything.
std::string Line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

double Ms(uint64_t us) {
  return static_cast<double>(us) / 1000;
}

Json EventJson(const v1::TailEvent& event) {
  if (event.method().empty()) {
    return {{"cron", event.cron()}, {"scheduledTime", event.scheduled_unix_ms()}};
  }
  Json headers = Json::object();
  for (const v1::TailHeader& header : event.headers()) {
    Json& value = headers[header.name()];
    value = value.is_string() ? value.get<std::string>() + ", " + header.value() : header.value();
  }
  Json out = {
      {"request",
       {{"url", event.url()},
        {"method", event.method()},
        {"headers", headers},
        {"cf", {{"colo", event.pop()}, {"city", event.city()}, {"country", event.country()}}}}}};
  out["response"] = event.status() == 0 ? Json(nullptr) : Json({{"status", event.status()}});
  return out;
}

// Control bytes of a worker must not reach a terminal.
std::string Plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (u >= 0x20 || c == '\n' || c == '\t') {
      if (u != 0x7f) out += c;
    }
  }
  return out;
}

std::string Indented(std::string_view text) {
  std::string out = "    ";
  for (const char c : Plain(text)) {
    out += c;
    if (c == '\n') out += "    ";
  }
  return out;
}

Style StyleOf(std::string_view level) {
  return level == "error" ? Style::kRed : level == "warn" ? Style::kYellow : Style::kPlain;
}

}  // namespace

std::string TailEventJson(const v1::TailEvent& event) {
  Json logs = Json::array();
  for (const v1::TailLog& log : event.logs()) {
    logs.push_back({{"message", Json::array({log.text()})},
                    {"level", log.level()},
                    {"timestamp", log.unix_ms()}});
  }
  Json exceptions = Json::array();
  for (const v1::TailException& exception : event.exceptions()) {
    exceptions.push_back({{"name", exception.name()},
                          {"message", exception.message()},
                          {"stack", exception.stack()},
                          {"timestamp", exception.unix_ms()}});
  }
  return Line({{"outcome", event.outcome()},
               {"scriptName", event.script()},
               {"scriptVersion", {{"id", event.version_id()}}},
               {"eventTimestamp", event.unix_ms()},
               {"event", EventJson(event)},
               {"logs", logs},
               {"exceptions", exceptions},
               {"cpuTime", Ms(event.cpu_us())},
               {"wallTime", Ms(event.wall_us())},
               {"truncated", event.truncated()},
               {"coldStart", event.cold()},
               {"ray", event.ray()},
               {"node", event.node()}});
}

std::string TailEventText(const v1::TailEvent& event, const Output& out) {
  const bool good = event.outcome() == "ok";
  const std::string what = event.method().empty()
                               ? fmt::format("scheduled '{}'", event.cron())
                               : fmt::format("{} {}", event.method(), event.url());
  std::string text =
      fmt::format("{}  {}  {}{}  {} {}  cpu {:.1f} ms, {:.1f} ms{}\n", FormatTime(event.unix_ms()),
                  Plain(what), out.DataStyled(good ? Style::kGreen : Style::kRed, event.outcome()),
                  event.status() == 0 ? "" : fmt::format(" {}", event.status()), event.node(),
                  event.version_id().substr(0, 12), Ms(event.cpu_us()), Ms(event.wall_us()),
                  event.cold() ? ", cold" : "");
  for (const v1::TailLog& log : event.logs()) {
    const std::string line = fmt::format("({}) {}", log.level(), log.text());
    text += out.DataStyled(StyleOf(log.level()), Indented(line)) + "\n";
  }
  for (const v1::TailException& exception : event.exceptions()) {
    text += out.DataStyled(Style::kRed, Indented(exception.stack())) + "\n";
  }
  return text;
}

std::string TailDropJson(const v1::TailDrop& drop) {
  return Line({{"dropped", {{"events", drop.events()}, {"node", drop.node()}}}});
}

std::string TailDropText(const v1::TailDrop& drop, const Output& out) {
  return out.DataStyled(
             Style::kYellow,
             fmt::format("--- {} events left out{}: they come faster than they can be "
                         "shown",
                         drop.events(), drop.node().empty() ? "" : " by " + drop.node())) +
         "\n";
}

std::string TailGapJson(int64_t from_unix_ms, int64_t to_unix_ms, std::string_view reason) {
  return Line(
      {{"gap", {{"from", from_unix_ms}, {"to", to_unix_ms}, {"reason", std::string(reason)}}}});
}

std::string TailGapText(int64_t from_unix_ms, int64_t to_unix_ms, std::string_view reason,
                        const Output& out) {
  return out.DataStyled(
             Style::kYellow,
             fmt::format("--- nothing was watched for {:.1f} s: {}",
                         static_cast<double>(to_unix_ms - from_unix_ms) / 1000, reason)) +
         "\n";
}

}  // namespace terrella::cli
