// secret put, list, delete, bulk: texts of a script's env that nobody reads back. A value comes
// from standard input or from a prompt, never from an argument, which others on the machine can
// see.
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/status.h"
#include "bundle/dev_vars.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kInputBytesMax = 1 << 20;

// The terminal's echo is off while this lives.
class NoEcho {
 public:
  NoEcho() : changed_(tcgetattr(STDIN_FILENO, &before_) == 0) {
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (changed_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~NoEcho() {
    if (changed_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
  const bool changed_;
};

absl::StatusOr<std::string> ReadInput(bool one_line) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t n = read(STDIN_FILENO, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Unavailable("standard input cannot be read");
    text.append(buffer, static_cast<size_t>(n));
    if (text.size() > kInputBytesMax) return InvalidArgument("the input is too large");
    if (n == 0 || (one_line && text.ends_with('\n'))) return text;
  }
}

// What was typed or piped, without the end of its last line.
absl::StatusOr<std::string> ReadValue(const Invocation& in, const std::string& name) {
  std::string value;
  if (isatty(STDIN_FILENO) != 0) {
    in.out.Talk("Value of {} (it is not shown), then Enter:", name);
    const NoEcho no_echo;
    ASSIGN_OR_RETURN(value, ReadInput(/*one_line=*/true));
  } else {
    ASSIGN_OR_RETURN(value, ReadInput(/*one_line=*/false));
  }
  if (value.ends_with('\n')) value.pop_back();
  if (value.ends_with('\r')) value.pop_back();
  if (value.empty()) return InvalidArgument("the value of '{}' is empty", name);
  return value;
}

// Says what became of a change, when every node has it.
ExitCode Report(Invocation& in, ControlClient& client,
                const absl::StatusOr<v1::DeployResponse>& changed, const std::string& what) {
  if (!changed.ok()) return in.out.Fail(changed.status());
  v1::Convergence state;
  ExitCode result = ExitCode::kOk;
  if (!in.args.Has("--detach")) {
    result = FollowConvergence(in, client, changed->revision(), &state);
  }
  const std::string script = in.args.Text("SCRIPT");
  if (in.out.json()) {
    in.out.Data("{}", Json{{"script", script},
                           {"deployment", changed->deployment_id()},
                           {"version", changed->version_id()},
                           {"revision", changed->revision()},
                           {"nodes", {{"acked", state.acked()}, {"total", state.total()}}},
                           {"complete", state.complete()}}
                          .dump(2));
    return result;
  }
  in.out.Talk("{} of {}{}", what, script,
              changed->deployment_id().empty()
                  ? "; it is not deployed yet and will have it then"
                  : fmt::format(": deployment {}", changed->deployment_id()));
  return result;
}

ExitCode RunPut(Invocation& in) {
  const std::string name = in.args.Text("NAME");
  absl::StatusOr<std::string> value = ReadValue(in, name);
  if (!value.ok()) return in.out.Fail(value.status());
  return WithControl(in, [&](ControlClient& client) {
    v1::PutSecretsRequest request;
    request.set_script(in.args.Text("SCRIPT"));
    (*request.mutable_secrets())[name] = *std::move(value);
    return Report(in, client, client.PutSecrets(request), fmt::format("set secret {}", name));
  });
}

ExitCode RunDelete(Invocation& in) {
  return WithControl(in, [&](ControlClient& client) {
    v1::DeleteSecretsRequest request;
    request.set_script(in.args.Text("SCRIPT"));
    for (const std::string& name : in.args.All("NAME")) request.add_names(name);
    return Report(in, client, client.DeleteSecrets(request),
                  fmt::format("deleted {} secret{}", request.names_size(),
                              request.names_size() == 1 ? "" : "s"));
  });
}

ExitCode RunList(Invocation& in) {
  return WithControl(in, [&](ControlClient& client) {
    v1::ListSecretsRequest request;
    request.set_script(in.args.Text("SCRIPT"));
    const auto response = client.ListSecrets(request);
    if (!response.ok()) return in.out.Fail(response.status());
    if (in.out.json()) {
      Json list = Json::array();
      for (const std::string& name : response->names()) list.push_back({{"name", name}});
      in.out.Data("{}", list.dump(2));
      return ExitCode::kOk;
    }
    for (const std::string& name : response->names()) in.out.Data("{}", name);
    if (response->names().empty()) in.out.Talk("{} has no secrets", request.script());
    return ExitCode::kOk;
  });
}

// Values by name out of JSON or of lines NAME=value; errors never quote a value.
absl::StatusOr<v1::PutSecretsRequest> ReadBulk(const Invocation& in) {
  const std::string path = in.args.Text("FILE", "-");
  std::string text;
  if (path == "-") {
    ASSIGN_OR_RETURN(text, ReadInput(/*one_line=*/false));
  } else {
    ASSIGN_OR_RETURN(text, ReadFile(path, kInputBytesMax));
  }
  v1::PutSecretsRequest request;
  request.set_script(in.args.Text("SCRIPT"));
  auto& secrets = *request.mutable_secrets();
  if (text.find_first_not_of(" \t\r\n") != std::string::npos &&
      text[text.find_first_not_of(" \t\r\n")] == '{') {
    const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) return InvalidArgument("{}: not a JSON object", path);
    for (const auto& [name, value] : json.items()) {
      if (!value.is_string()) return InvalidArgument("{}: '{}' is not a string", path, name);
      secrets[name] = value.get<std::string>();
    }
    return request;
  }
  ASSIGN_OR_RETURN(const bundle::DevVars vars, bundle::ParseDevVars(text, path));
  for (const auto& [name, value] : vars) secrets[name] = value;
  return request;
}

ExitCode RunBulk(Invocation& in) {
  const absl::StatusOr<v1::PutSecretsRequest> request = ReadBulk(in);
  if (!request.ok()) return in.out.Fail(request.status());
  return WithControl(in, [&](ControlClient& client) {
    return Report(in, client, client.PutSecrets(*request),
                  fmt::format("set {} secrets", request->secrets_size()));
  });
}

const Positional kScript = {.name = "SCRIPT", .kind = ValueKind::kScript};

}  // namespace

Command SecretPutCommand() {
  return {.name = "secret put",
          .group = "Code",
          .summary = "set a secret of a script",
          .details =
              "The value is read from standard input, or asked for without being shown. It is a "
              "text in the\n"
              "worker's env, kept apart from the code, encrypted by the control plane, and never "
              "given back.\n"
              "A change is a new deployment of the same version.",
          .positionals = {kScript, {.name = "NAME"}},
          .flags = ConvergenceFlags(),
          .examples = {{"terrella secret put api TOKEN < token.txt", "env.TOKEN of script api"}},
          .run = RunPut};
}

Command SecretListCommand() {
  return {.name = "secret list",
          .group = "Code",
          .summary = "list the names of a script's secrets",
          .positionals = {kScript},
          .examples = {{"terrella secret list shop", "names only; nobody can read a value back"}},
          .run = RunList};
}

Command SecretDeleteCommand() {
  return {.name = "secret delete",
          .group = "Code",
          .summary = "delete secrets of a script",
          .positionals = {kScript, {.name = "NAME", .repeated = true}},
          .flags = ConvergenceFlags(),
          .examples = {{"terrella secret delete shop API_TOKEN",
                        "as a new deployment of the same version"}},
          .run = RunDelete};
}

Command SecretBulkCommand() {
  return {.name = "secret bulk",
          .group = "Code",
          .summary = "set many secrets of a script at once",
          .details =
              "FILE (default: standard input) is a JSON object of strings, or lines of "
              "NAME=value as in .dev.vars.",
          .positionals = {kScript, {.name = "FILE", .kind = ValueKind::kFile, .required = false}},
          .flags = ConvergenceFlags(),
          .examples = {{"terrella secret bulk shop secrets.json",
                        "{\"NAME\": \"value\", ...}, all in one deployment"}},
          .run = RunBulk};
}

}  // namespace terrella::cli
