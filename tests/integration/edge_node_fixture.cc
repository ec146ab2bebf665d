#include "tests/integration/edge_node_fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/check.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/status.h"
#include "http/message/headers.h"
#include "terrella/v1/node_sync.grpc.pb.h"

namespace terrella::edge {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

// Asks again and again, for what only files and processes can tell.
bool Eventually(const std::function<bool()>& condition, std::chrono::milliseconds patience) {
  const auto deadline = steady_clock::now() + patience;
  while (!condition()) {
    if (steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace

NodeProcess::NodeProcess(std::vector<std::string> arguments, bool wait_ready) {
  std::string pattern = (fs::temp_directory_path() / "edge_node.XXXXXX").string();
  folder_ = mkdtemp(pattern.data());
  const std::string ready = (folder_ / "ready.json").string();
  const std::string log = (folder_ / "log").string();
  arguments.insert(arguments.begin(), EDGE_NODE_BINARY);
  arguments.push_back("--ready-file=" + ready);
  arguments.push_back("--listen=127.0.0.1:0");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_ = fork();
  CHECK(pid_ >= 0);
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int fd = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    dup2(fd, 1);
    dup2(fd, 2);
    execv(argv[0], argv.data());
    _exit(127);
  }
  if (!wait_ready) return;
  Eventually([&] { return fs::exists(ready) || Wait(std::chrono::milliseconds(0)); }, kPatience);
  if (auto text = ReadFile(ready); text.ok()) {
    address_ =
        SocketAddress::Parse(nlohmann::json::parse(*text)["address"].get<std::string>()).value();
  }
}

NodeProcess::~NodeProcess() {
  if (!Wait(std::chrono::milliseconds(0))) {
    kill(pid_, SIGKILL);
    Wait();
  }
  fs::remove_all(folder_);
}

void NodeProcess::Signal(int number) {
  kill(pid_, number);
}

std::optional<int> NodeProcess::Wait(std::chrono::milliseconds patience) {
  Eventually(
      [&] {
        int status = 0;
        if (!exit_code_ && waitpid(pid_, &status, WNOHANG) == pid_) {
          exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        return exit_code_.has_value();
      },
      patience);
  return exit_code_;
}

std::string NodeProcess::Log() const {
  return ReadFile(folder_ / "log").value_or("");
}

std::string HttpReply::Header(std::string_view name) const {
  size_t at = head.find("\r\n");
  while (at != std::string::npos) {
    at += 2;
    const size_t end = head.find("\r\n", at);
    const std::string_view line = std::string_view(head).substr(at, end - at);
    const size_t colon = line.find(':');
    if (colon != line.npos && http::EqualsIgnoreCase(line.substr(0, colon), name)) {
      return std::string(line.substr(colon + 2));
    }
    at = end;
  }
  return "";
}

HttpConnection::HttpConnection(const SocketAddress& to, std::string_view prefix) {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{.tv_sec = kPatience.count()};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(to.port);
  address.sin_addr.s_addr = htonl(to.ip.v4());
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    close(std::exchange(fd_, -1));
    return;
  }
  if (!prefix.empty()) CHECK(send(fd_, prefix.data(), prefix.size(), MSG_NOSIGNAL) > 0);
}

HttpConnection::~HttpConnection() {
  if (fd_ >= 0) close(fd_);
}

void HttpConnection::Send(std::string_view host, std::string_view target,
                          std::string_view extra_headers) {
  Send("GET", host, target, extra_headers);
}

void HttpConnection::Send(std::string_view method, std::string_view host, std::string_view target,
                          std::string_view extra_headers) {
  const std::string request =
      fmt::format("{} {} HTTP/1.1\r\nhost: {}\r\n{}\r\n", method, target, host, extra_headers);
  send(fd_, request.data(), request.size(), MSG_NOSIGNAL);
}

// Answers with a content-length only: workers that return strings.
HttpReply HttpConnection::Receive() {
  HttpReply reply;
  size_t need = std::string::npos;
  while (true) {
    const size_t head_end = buffer_.find("\r\n\r\n");
    if (head_end != std::string::npos && need == std::string::npos) {
      reply.head = buffer_.substr(0, head_end + 2);
      need = head_end + 4 + std::strtoul(reply.Header("content-length").c_str(), nullptr, 10);
    }
    if (buffer_.size() >= need) break;
    char bytes[16384];
    const ssize_t n = fd_ < 0 ? -1 : recv(fd_, bytes, sizeof bytes, 0);
    if (n <= 0) return HttpReply{};
    buffer_.append(bytes, static_cast<size_t>(n));
  }
  reply.status = std::atoi(reply.head.c_str() + sizeof "HTTP/1.1");
  reply.body = buffer_.substr(reply.head.size() + 2, need - reply.head.size() - 2);
  buffer_.erase(0, need);
  return reply;
}

HttpReply Get(const SocketAddress& to, std::string_view host, std::string_view target) {
  HttpConnection connection(to);
  connection.Send(host, target, "connection: close\r\n");
  return connection.Receive();
}

class FakeControlPlane::Service final : public v1::NodeSync::Service {
 public:
  using Stream = grpc::ServerReaderWriter<v1::Push, v1::NodeMessage>;

  grpc::Status Subscribe(grpc::ServerContext*, Stream* stream) override {
    v1::NodeMessage message;
    while (stream->Read(&message)) {
      std::lock_guard lock(mutex);
      if (message.has_hello()) {
        hello = message.hello();
        current = stream;
        ++hellos;
      } else if (message.has_report()) {
        reports[message.report().nonce()] = message.report();
      } else {
        beats.push_back(message.heartbeat());
      }
      changed.notify_all();
    }
    std::lock_guard lock(mutex);
    if (current == stream) current = nullptr;
    return grpc::Status::OK;
  }
  grpc::Status FetchBlob(grpc::ServerContext*, const v1::FetchBlobRequest* request,
                         grpc::ServerWriter<v1::BlobChunk>* writer) override {
    std::string content;
    {
      std::lock_guard lock(mutex);
      const auto found = blobs.find(request->sha256());
      if (found == blobs.end()) return {grpc::StatusCode::NOT_FOUND, "no such blob"};
      content = found->second;
    }
    for (size_t at = request->offset(); at < content.size(); at += 64 * 1024) {
      v1::BlobChunk chunk;
      chunk.set_data(content.substr(at, 64 * 1024));
      writer->Write(chunk);
    }
    return grpc::Status::OK;
  }
  template <class Condition>
  bool WaitFor(Condition condition) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, kPatience, condition);
  }

  // Under the mutex.
  uint64_t Requests() const {
    uint64_t requests = 0;
    for (const v1::Heartbeat& beat : beats) {
      for (const v1::ScriptStats& script : beat.scripts()) requests += script.requests();
    }
    return requests;
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::optional<v1::Hello> hello;
  Stream* current = nullptr;
  int hellos = 0;
  uint64_t next_nonce = 1;
  std::map<uint64_t, v1::Report> reports;
  std::vector<v1::Heartbeat> beats;
  std::map<std::string, std::string> blobs;
  std::unique_ptr<grpc::Server> server;
};

FakeControlPlane::FakeControlPlane(uint16_t port) : service_(std::make_unique<Service>()) {
  grpc::ServerBuilder builder;
  int bound = 0;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort(fmt::format("127.0.0.1:{}", port), grpc::InsecureServerCredentials(),
                           &bound);
  builder.RegisterService(service_.get());
  service_->server = builder.BuildAndStart();
  CHECK(service_->server != nullptr);
  port_ = static_cast<uint16_t>(bound);
}

FakeControlPlane::~FakeControlPlane() {
  service_->server->Shutdown(std::chrono::system_clock::now());
}

std::string FakeControlPlane::target() const {
  return fmt::format("127.0.0.1:{}", port_);
}

void FakeControlPlane::AddBlob(std::string sha256, std::string content) {
  std::lock_guard lock(service_->mutex);
  service_->blobs[std::move(sha256)] = std::move(content);
}

bool FakeControlPlane::WaitForHello(v1::Hello* hello) {
  if (!service_->WaitFor([&] { return service_->hello.has_value(); })) return false;
  std::lock_guard lock(service_->mutex);
  if (hello != nullptr) *hello = *service_->hello;
  return true;
}

std::optional<v1::Report> FakeControlPlane::Push(v1::Push push) {
  const uint64_t nonce = Send(std::move(push));
  return nonce == 0 ? std::nullopt : WaitForReport(nonce);
}

uint64_t FakeControlPlane::Send(v1::Push push) {
  if (!service_->WaitFor([&] { return service_->current != nullptr; })) return 0;
  std::lock_guard lock(service_->mutex);
  push.set_nonce(service_->next_nonce++);
  push.set_store_epoch(1);
  return service_->current->Write(push) ? push.nonce() : 0;
}

bool FakeControlPlane::HasReported(uint64_t nonce) const {
  std::lock_guard lock(service_->mutex);
  return service_->reports.contains(nonce);
}

std::optional<v1::Report> FakeControlPlane::WaitForReport(uint64_t nonce) {
  if (!service_->WaitFor([&] { return service_->reports.contains(nonce); })) return std::nullopt;
  std::lock_guard lock(service_->mutex);
  return service_->reports[nonce];
}

bool FakeControlPlane::WaitForBeat(const std::function<bool(const v1::Heartbeat&)>& condition) {
  return service_->WaitFor([&] {
    for (const v1::Heartbeat& beat : service_->beats) {
      if (condition(beat)) return true;
    }
    return false;
  });
}

bool FakeControlPlane::WaitForBeats(size_t count) {
  size_t before = 0;
  {
    std::lock_guard lock(service_->mutex);
    before = service_->beats.size();
  }
  return service_->WaitFor([&] { return service_->beats.size() >= before + count; });
}

uint64_t FakeControlPlane::requests() const {
  std::lock_guard lock(service_->mutex);
  return service_->Requests();
}

bool FakeControlPlane::WaitForRequests(uint64_t count) {
  return service_->WaitFor([&] { return service_->Requests() >= count; });
}

int FakeControlPlane::hellos() const {
  std::lock_guard lock(service_->mutex);
  return service_->hellos;
}

v1::Push DeployPush(uint64_t revision, const std::string& script, const std::string& version_id,
                    const std::string& code, bool inline_bytes) {
  v1::Push push;
  push.set_revision(revision);
  v1::Resource& version = *push.add_upsert();
  version.set_name(fmt::format("version/{}/{}", script, version_id));
  version.mutable_version()->set_script(script);
  version.mutable_version()->set_id(version_id);
  version.mutable_version()->set_main_module("index.js");
  v1::Module& module = *version.mutable_version()->add_modules();
  module.set_name("index.js");
  module.set_kind(v1::MODULE_KIND_ESM);
  module.set_sha256(Sha256(code));
  module.set_size_bytes(code.size());
  if (inline_bytes) module.set_inline_bytes(code);
  v1::Resource& deployment = *push.add_upsert();
  deployment.set_name("deployment/" + script);
  deployment.mutable_deployment()->set_script(script);
  deployment.mutable_deployment()->set_version_id(version_id);
  v1::Resource& route = *push.add_upsert();
  route.set_name(fmt::format("route/{}.edge.test/*", script));
  route.mutable_route()->set_pattern(script + ".edge.test/*");
  route.mutable_route()->set_script(script);
  for (v1::Resource& resource : *push.mutable_upsert()) resource.set_revision(revision);
  return push;
}

}  // namespace terrella::edge
