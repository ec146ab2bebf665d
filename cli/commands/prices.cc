#include "cli/commands/prices.h"

#include "base/config.h"
#include "base/file.h"
#include "base/status.h"

namespace terrella::cli {
namespace {

constexpr size_t kFileBytesMax = 64 << 10;
constexpr double kPriceMax = 1e6;

}  // namespace

double PricePlan::CostOf(const v1::StatsRow& row) const {
  const auto requests = static_cast<double>(row.requests() + row.scheduled_runs());
  const double cpu_ms = static_cast<double>(row.cpu_us()) / 1000;
  return (requests * per_million_requests + cpu_ms * per_million_cpu_ms) / 1e6;
}

absl::StatusOr<std::vector<PricePlan>> ReadPrices(const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kFileBytesMax));
  ASSIGN_OR_RETURN(ConfigFile file, ConfigFile::Parse(text, path.string()));
  ConfigTable root = file.root();
  std::vector<PricePlan> plans;
  for (ConfigTable& table : root.Tables("plan", 100)) {
    PricePlan plan;
    const auto text_of = [&](const char* key) {
      auto value = table.String(key);
      if (!value) table.Fail(key, "a price plan has a name, a currency, a source and its date");
      return value.value_or("");
    };
    const auto price_of = [&](const char* key) {
      const auto value = table.Number(key, 0, kPriceMax);
      if (!value && !table.Has(key)) table.Fail(key, "a price plan says what a million cost");
      return value.value_or(0);
    };
    plan.name = text_of("name");
    plan.currency = text_of("currency");
    plan.per_million_requests = price_of("per_million_requests");
    plan.per_million_cpu_ms = price_of("per_million_cpu_ms");
    plan.source = text_of("source");
    plan.read = text_of("read");
    plan.note = table.String("note").value_or("");
    table.RefuseUnknownKeys();
    plans.push_back(std::move(plan));
  }
  root.RefuseUnknownKeys();
  RETURN_IF_ERROR(file.status());
  if (plans.empty()) return InvalidArgument("{}: there is no [[plan]]", path.string());
  return plans;
}

}  // namespace terrella::cli
