// rollouts status, watch, history, and their four changes.
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "cli/app/text_table.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"
#include "cli/commands/rollout_text.h"
#include "cli/commands/upload.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

absl::StatusOr<v1::RolloutProgress> Look(ControlClient& client, const std::string& script,
                                         const std::string& rollout_id) {
  v1::WatchRolloutRequest request;
  request.set_script(script);
  request.set_rollout_id(rollout_id);
  request.set_once(true);
  return client.WatchRollout(request, std::chrono::seconds(10), nullptr, nullptr);
}

ExitCode RunStatus(Invocation& in) {
  return WithControl(in, [&](ControlClient& client) {
    std::vector<v1::RolloutProgress> shown;
    if (const auto name = in.args.Find("NAME")) {
      auto one = Look(client, *name, in.args.Text("--id"));
      if (!one.ok()) return in.out.Fail(one.status());
      shown.push_back(*std::move(one));
    } else {
      const auto all = client.ListRollouts("");
      if (!all.ok()) return in.out.Fail(all.status());
      for (const v1::Rollout& rollout : all->rollouts()) {
        if (rollout.ended_unix_ms() != 0) continue;
        auto one = Look(client, rollout.script(), rollout.id());
        if (!one.ok()) return in.out.Fail(one.status());
        shown.push_back(*std::move(one));
      }
    }
    if (in.out.json()) {
      Json list = Json::array();
      for (const v1::RolloutProgress& one : shown) list.push_back(ProgressJson(one));
      in.out.Data("{}", list.dump(2));
      return ExitCode::kOk;
    }
    if (shown.empty()) {
      in.out.Talk("no rollout runs; 'terrella rollouts history' lists past ones");
    }
    for (const v1::RolloutProgress& one : shown) in.out.Write(RolloutTable(one));
    return ExitCode::kOk;
  });
}

ExitCode RunWatch(Invocation& in) {
  return WithControl(in, [&](ControlClient& client) {
    v1::RolloutProgress last;
    return FollowRollout(in, client, in.args.Text("NAME"), in.args.Text("--id"), in.out.json(),
                         &last);
  });
}

ExitCode RunHistory(Invocation& in) {
  return WithControl(in, [&](ControlClient& client) {
    const auto all = client.ListRollouts(in.args.Text("NAME"));
    if (!all.ok()) return in.out.Fail(all.status());
    if (in.out.json()) {
      Json list = Json::array();
      for (const v1::Rollout& rollout : all->rollouts()) list.push_back(RolloutJson(rollout));
      in.out.Data("{}", list.dump(2));
      return ExitCode::kOk;
    }
    if (all->rollouts().empty()) {
      in.out.Talk("there was no rollout; 'terrella deploy PATH --rollout safe' begins one");
      return ExitCode::kOk;
    }
    TextTable table(
        {{"ROLLOUT"}, {"STATE"}, {"VERSION"}, {"STARTED"}, {"WAVE"}, {"WHAT HAPPENED"}});
    for (const v1::Rollout& rollout : all->rollouts()) {
      const std::string text = rollout.events().empty() ? "" : rollout.events().rbegin()->text();
      table.AddRow({rollout.id(), std::string(StateText(rollout.state())),
                    rollout.new_version().substr(0, 12), FormatTime(rollout.started_unix_ms()),
                    fmt::format("{} of {}", rollout.wave() + 1, rollout.plan().waves_size()),
                    text});
    }
    in.out.Write(table.ToString());
    return ExitCode::kOk;
  });
}

ExitCode RunChange(Invocation& in, v1::ChangeRolloutRequest::Change change) {
  return WithControl(in, [&](ControlClient& client) {
    v1::ChangeRolloutRequest request;
    request.set_script(in.args.Text("NAME"));
    request.set_change(change);
    request.set_message(in.args.Text("--message"));
    request.set_request_id(NewRequestId());
    // What is changed is the rollout of now, and what is promoted the wave of now: not what has
    // come in its place when an answer was lost and the request is sent again.
    const auto now = Look(client, request.script(), "");
    if (now.ok() && now->phase() != v1::RolloutProgress::ENDED) {
      request.set_rollout_id(now->rollout().id());
      if (change == v1::ChangeRolloutRequest::PROMOTE) request.set_wave(now->rollout().wave());
    }
    if (change == v1::ChangeRolloutRequest::PROMOTE && in.args.Has("--wave")) {
      request.set_wave(static_cast<uint32_t>(in.args.Number("--wave", 1)) - 1);
    }
    const auto rollout = WithRetries([&] { return client.ChangeRollout(request); });
    if (!rollout.ok()) return in.out.Fail(rollout.status());
    if (in.out.json()) {
      in.out.Data("{}", RolloutJson(*rollout).dump(2));
      return ExitCode::kOk;
    }
    in.out.Data("{}", rollout->id());
    in.out.Talk("{} is {}, wave {} of {}: {}", rollout->id(), StateText(rollout->state()),
                rollout->wave() + 1, rollout->plan().waves_size(),
                WaveText(rollout->plan().waves(static_cast<int>(rollout->wave()))));
    return ExitCode::kOk;
  });
}

Command Change(const char* name, const char* summary, const char* details, Example example,
               ExitCode (*run)(Invocation&)) {
  return {.name = name,
          .group = "Code",
          .summary = summary,
          .details = details,
          .positionals = {{.name = "NAME", .kind = ValueKind::kScript}},
          .flags = {{.name = "--message",
                     .letter = 'm',
                     .value = "TEXT",
                     .help = "why, for 'terrella rollouts history'"}},
          .examples = {std::move(example)},
          .run = run};
}

Flag IdFlag() {
  return {.name = "--id", .value = "ID", .help = "this one (default: the running or last one)"};
}

}  // namespace

Command RolloutsStatusCommand() {
  return {.name = "rollouts status",
          .group = "Code",
          .summary = "how a rollout stands, a line a wave",
          .details =
              "Without NAME: all that run. Errors and p99 are the new version's beside the\n"
              "old one's on the same nodes in the same time.",
          .positionals = {{.name = "NAME", .kind = ValueKind::kScript, .required = false}},
          .flags = {IdFlag()},
          .examples = {{"terrella rollouts status shop",
                        "which wave it is in, and the figures of its gates"}},
          .run = RunStatus};
}

Command RolloutsWatchCommand() {
  return {
      .name = "rollouts watch",
      .group = "Code",
      .summary = "follow a rollout until it is over",
      .details =
          "Exit code 0: the new version has all requests. 4: a gate tripped and it was\n"
          "rolled back. 1: aborted or superseded. With --json, an object a line.",
      .positionals = {{.name = "NAME", .kind = ValueKind::kScript}},
      .flags = {IdFlag(),
                {.name = "--timeout",
                 .value = "T",
                 .help = "give up waiting after this long (default: never)",
                 .kind = ValueKind::kDuration}},
      .examples = {{"terrella rollouts watch shop", "in CI: exit code 4 when it was rolled back"}},
      .run = RunWatch};
}

Command RolloutsPauseCommand() {
  return Change("rollouts pause", "keep a rollout in its wave",
                "Gates still roll it back when they trip.",
                {"terrella rollouts pause shop -m 'looking at the logs'", "stays in its wave"},
                [](Invocation& in) { return RunChange(in, v1::ChangeRolloutRequest::PAUSE); });
}

Command RolloutsResumeCommand() {
  return Change("rollouts resume", "let a paused rollout go on", "",
                {"terrella rollouts resume shop", "the wave's bake goes on"},
                [](Invocation& in) { return RunChange(in, v1::ChangeRolloutRequest::RESUME); });
}

Command RolloutsPromoteCommand() {
  Command command =
      Change("rollouts promote", "begin a rollout's next wave now",
             "Whatever its bake and its traffic say. Gates judge the next wave as well.",
             {"terrella rollouts promote shop --wave 2", "only out of wave 2, if a script retries"},
             [](Invocation& in) { return RunChange(in, v1::ChangeRolloutRequest::PROMOTE); });
  command.flags.push_back({.name = "--wave",
                           .value = "N",
                           .help = "only if it is in this wave, from 1 (default: in any)",
                           .kind = ValueKind::kNumber,
                           .min = 1});
  return command;
}

Command RolloutsAbortCommand() {
  return Change("rollouts abort", "end a rollout: the old version answers everything again", "",
                {"terrella rollouts abort shop -m 'wrong prices'", "at once, on every node"},
                [](Invocation& in) { return RunChange(in, v1::ChangeRolloutRequest::ABORT); });
}

Command RolloutsHistoryCommand() {
  return {.name = "rollouts history",
          .group = "Code",
          .summary = "running and past rollouts, newest first, and why they ended",
          .positionals = {{.name = "NAME", .kind = ValueKind::kScript, .required = false}},
          .examples = {{"terrella rollouts history shop", "all of one script"}},
          .run = RunHistory};
}

}  // namespace terrella::cli
