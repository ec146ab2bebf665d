// The tables of a report's HTML that tell what nodes kept for people: their caches of origins'
// answers, and their copies of Workers KV.
//
// Pure.
#pragma once

#include <string>

#include "sim/report/report.h"

namespace terrella::cli {

// Empty when no cache was asked, and when nobody asked KV.
std::string CachesHtml(const sim::Report& report);
std::string KvHtml(const sim::Report& report);

}  // namespace terrella::cli
