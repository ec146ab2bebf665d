// Applier: turns pushes into serving states, refusing what is bad and keeping the rest.
//
//   Start(push) -> missing() fetched -> BuildNext() until kDone -> Finish()
//                                           |    ^
//                               kTrial:     '----'   on_trial() is run, EndTrial(verdict)
//
// Resources are applied in the order Version, Deployment, Route and Purges, removals. A refused
// version takes its deployment with it and nothing else: the script keeps the version it had. The
// same resource at the same revision is refused again without being tried again, unless the cause
// was a passing one (a blob that did not arrive).
//
// A version that answers at other places only is kept as it came, asleep: it is neither fetched nor
// compiled before a deployment gives it requests here. So a version that a rollout tries elsewhere
// costs this node nothing and cannot hurt it.
//
// A version that another node of this build has run is not run again here (Vouch): its content is
// verified, its isolates are made when requests come, as those of any version are.
//
// Secrets are held as they came, sealed to this node's key, and opened into the env of workers. A
// set that does not open is refused, and the script keeps those it had.
//
// A trial push only tries its versions; what passed is remembered, so that the deploy that follows
// need not try it again.
//
// Policy only: no threads, no sockets; content and the verdict on code come from outside.
// Thread: one (the control thread).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "edge_node/control/blob_store.h"
#include "edge_node/control/live_script.h"
#include "edge_node/shard/serving_state.h"
#include "rpc/sealing_key.h"
#include "terrella/v1/node_sync.pb.h"

namespace terrella::edge {

struct MissingBlob {
  std::string sha256;  // raw
  uint64_t size_bytes = 0;
};

class Applier {
 public:
  struct Options {
    std::string pop;
    std::string continent;
    std::string build;  // vouches of this build count; empty: none does
    std::shared_ptr<const rpc::SealingKey> sealing_key;  // null: secrets are refused
    VersionLimits limits;
  };
  enum class Step {
    kNext,   // the version was taken or refused: go on
    kTrial,  // its code waits in on_trial() for EndTrial
    kDone,   // none is left
  };
  struct Outcome {
    v1::Report report;
    std::shared_ptr<const ServingState> state;  // null after a trial: nothing changed
    // Some refusal may pass when tried again: the revision should be asked for again.
    bool try_again = false;
  };

  Applier(BlobStore& blobs, Options options) : blobs_(blobs), options_(std::move(options)) {}

  // Takes what a disk held, without compile checks: it was checked before it was written. Versions
  // whose blobs are gone are left out with a log line.
  std::shared_ptr<const ServingState> Restore(const v1::Push& saved);

  void Start(v1::Push push);
  // Blobs this push needs and the node lacks; each ends in AddBlob or FailBlob before BuildNext.
  const std::vector<MissingBlob>& missing() const { return job_->missing; }
  void AddBlob(std::string_view sha256, std::string content);
  void FailBlob(std::string_view sha256, absl::Status status);
  // Builds one new version.
  Step BuildNext();
  // Whose global scope is to be run under its limits; null outside of a trial.
  std::shared_ptr<const runtime::WorkerCode> on_trial() const;
  // InvalidArgument: the code's fault.
  void EndTrial(const absl::Status& verdict);
  Outcome Finish();
  // Forgets the push in work: nothing of it was applied.
  void Abandon() { job_.reset(); }
  bool busy() const { return job_ != nullptr; }

  // Everything held, as one full push without inline bytes.
  v1::Push Snapshot() const;
  // Hashes of blobs that what is held needs; of its code and lists of assets alone.
  std::set<std::string> BlobsInUse() const;
  std::set<std::string> CodeInUse() const;
  // Whether a rollout watches what is served: reports are wanted at once and often.
  bool watched() const { return watched_; }
  // Whether what was restored had secrets in the clear: its copies on the disk have them still.
  bool sealed_anew() const { return sealed_anew_; }
  uint64_t revision() const { return revision_; }
  uint64_t store_epoch() const { return store_epoch_; }

 private:
  struct Job {
    v1::Push push;
    std::vector<const v1::Resource*> to_build;    // new versions in `push`, or woken ones in held_
    std::set<std::string, std::less<>> sleepers;  // versions in `push` that answer elsewhere
    std::set<std::string, std::less<>> vouched;   // versions that this build has accepted elsewhere
    size_t next_to_build = 0;
    std::shared_ptr<const LiveScript> on_trial;  // the last of to_build that was built
    std::vector<MissingBlob> missing;
    std::map<std::string, std::string, std::less<>> content;  // came with or for this push
    std::map<std::string, absl::Status, std::less<>> failed;  // blobs that did not come
    std::vector<v1::Rejected> rejected;
    bool try_again = false;
  };
  using ResourceMap = std::map<std::string, v1::Resource, std::less<>>;
  using LiveMap = std::map<std::string, std::shared_ptr<const LiveScript>, std::less<>>;

  std::vector<std::string> VersionNames(const v1::Deployment& deployment) const;
  void FindSleepers();
  void PlanVersion(v1::Resource& resource);
  void PlanBuild(const v1::Resource& resource);
  void TakeInlineBytes(v1::Version& version);
  void TakeInlineFrame(v1::Module& module);
  absl::StatusOr<std::string> ReadBlob(std::string_view sha256);
  absl::StatusOr<std::shared_ptr<const LiveScript>> MakeLive(const v1::Version& version);
  // The same with the script's secrets of now, when it has others.
  std::shared_ptr<const LiveScript> WithSecretsOfNow(std::shared_ptr<const LiveScript> live) const;
  // `passing`: not remembered, and the revision will be asked for again.
  void Refuse(const v1::Resource& resource, v1::Rejected::Code code, std::string_view detail,
              bool passing);
  void ApplyDeployment(const v1::Resource& resource, const ResourceMap& before);
  void KeepDeployment(const std::string& name, const ResourceMap& before);
  void RefuseDeployment(const v1::Resource& resource, const std::string& version_name,
                        const absl::Status& made);
  void Remove(const std::string& name);
  Outcome FinishTrial();
  bool IsDeployed(std::string_view version_name) const;
  std::shared_ptr<const ServingState> BuildState();
  absl::StatusOr<v1::SecretSet> Open(const v1::SecretSet& set) const;
  // State of before sets were sealed to nodes has them in the clear.
  void SealKept(v1::Resource& resource);
  // Takes the set over when it opens.
  void ApplySecrets(const v1::Resource& resource, const ResourceMap& before);
  // Adds it to the state, and its versions to `deployed`.
  void AddDeployment(const v1::Deployment& deployment, ServingState& state, LiveMap& deployed);

  BlobStore& blobs_;
  const Options options_;
  uint64_t revision_ = 0;
  uint64_t store_epoch_ = 0;
  bool watched_ = false;
  bool sealed_anew_ = false;
  ResourceMap held_;                           // accepted, by name
  std::set<std::string, std::less<>> asleep_;  // versions among them that were never checked here
  // Of deployed versions and of those accepted by the push in work, by the version's name.
  LiveMap live_;
  LiveMap tried_;                                             // by a trial
  std::map<std::string, v1::Rejected, std::less<>> refused_;  // versions refused for good, by name
  std::unique_ptr<Job> job_;
};

}  // namespace terrella::edge
