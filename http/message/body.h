// BodySource and BodySink: the two ends of a body's bytes, with back-pressure.
//
// A source pushes to one Reader until it is paused; a sink takes bytes and says when it is full.
// Pump joins them. A body is never held whole unless somebody collects it.
//
// Thread: one (the loop the message lives on). Owns: nothing of the other side.
// Invariants: after OnEnd or OnError nothing follows; destroying a source cancels it (its producer
// stops as early as it can); a Reader may destroy the source from any callback.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "http/message/headers.h"

namespace terrella::http {

class BodySource {
 public:
  class Reader {
   public:
    virtual ~Reader() = default;
    virtual void OnBodyData(std::string_view bytes) = 0;  // valid during the call
    // The trailer section (RFC 9110 section 6.5), before OnBodyEnd, when there is one.
    virtual void OnBodyTrailers(Headers&&) {}
    virtual void OnBodyEnd() = 0;
    virtual void OnBodyError(const absl::Status& status) = 0;
  };

  virtual ~BodySource() = default;
  // Known length in bytes, when there is one.
  virtual std::optional<uint64_t> length_bytes() const = 0;
  // Begins (or goes on) delivering to `reader`, from this call or later; never after Pause.
  virtual void Read(Reader& reader) = 0;
  // Stops delivery until Read is called again. A source may still deliver what it is in the middle
  // of.
  virtual void Pause() = 0;
};

class BodySink {
 public:
  virtual ~BodySink() = default;
  // Takes the bytes (queues what it must). False: full, stop writing until `drained` is called.
  virtual bool Write(std::string_view bytes) = 0;
  // Fields to follow the last byte, before End; lost where the framing has no place for them.
  virtual void SetTrailers(Headers&&) {}
  virtual void End() = 0;
  // Gives up: the peer sees a truncated message, never a complete one.
  virtual void Abort(const absl::Status& status) = 0;
  virtual void set_drained_callback(std::function<void()> drained) = 0;
};

// A source over bytes that are already there.
std::unique_ptr<BodySource> MakeStringBody(std::string bytes);
// A source over bytes that are somebody else's, which `keep` keeps alive.
std::unique_ptr<BodySource> MakeViewBody(std::vector<std::string_view> pieces,
                                         std::shared_ptr<void> keep);
// A source that is broken from the start.
std::unique_ptr<BodySource> MakeBrokenBody(absl::Status error);

// Moves a source into a sink with back-pressure. `done` is called once, with the source's error if
// it had one (the sink was then aborted). Destroying the pump cancels the source. `sink` outlives
// the pump.
class Pump {
 public:
  Pump(std::unique_ptr<BodySource> source, BodySink& sink, std::function<void(absl::Status)> done);
  ~Pump();
  void Start();
  // Written to the sink so far.
  uint64_t bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Collects a source into a string of at most `bytes_max` (ResourceExhausted beyond). Destroy to
// cancel.
class Collector {
 public:
  Collector(std::unique_ptr<BodySource> source, size_t bytes_max,
            std::function<void(absl::Status, std::string)> done);
  ~Collector();
  void Start();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrella::http
