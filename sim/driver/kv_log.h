// KvLog: what the live run's requests to KV ask for, and what became of those that were answered.
//
// A value names the run that wrote it beside the request: what an earlier run left is as good as
// nothing.
//
// Thread: the loop's.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/message/message.h"
#include "sim/scenario/kv_asks.h"
#include "sim/scenario/kv_results.h"
#include "sim/scenario/population.h"

namespace terrella::sim {

class KvLog {
 public:
  // `run`: what no other run is called.
  KvLog(const Scenario& scenario, std::string run);

  bool any() const { return asks_.any(); }
  // Method, path and fields of a request to KV.
  void Fill(const Arrival& arrival, const KvWorkload& workload, http::RequestHead& head) const;
  // One was answered; `value`: the field that names what a read found.
  void Add(const Arrival& arrival, const Sample& sample, std::string_view value);
  const std::vector<KvRecord>& records() const { return records_; }
  std::shared_ptr<const KvResults> Take() {
    return std::make_shared<KvResults>(std::move(records_));
  }

 private:
  // 1 + the number of the request of this run that wrote the value; 0: none of it did.
  uint64_t WriterOf(std::string_view value) const;

  const KvAsks asks_;
  const std::string run_;
  std::vector<KvRecord> records_;
};

}  // namespace terrella::sim
