#include "edge_node/runtime/bindings/derivation_job.h"

#include <functional>
#include <memory>
#include <string>

#include "base/status.h"
#include "edge_node/runtime/bindings/crypto_binding.h"
#include "edge_node/runtime/io_context.h"
#include "edge_node/runtime/io_jobs.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

// About a millisecond of PBKDF2 and of scrypt: a hop to another thread costs a tenth of that.
constexpr uint64_t kPbkdf2WorkAtOnce = 5'000;
constexpr uint64_t kScryptWorkAtOnce = 8'000;

// What a job works on: copies, wiped when it has ended. Until then they count as the worker's
// memory.
struct Task {
  // `allocator` has counted them.
  Task(std::shared_ptr<BufferAllocator> allocator, std::string_view password, std::string_view salt,
       size_t out_bytes)
      : password(password), salt(salt), out(out_bytes), allocator(std::move(allocator)) {}
  ~Task() { allocator->GiveBack(password.size() + salt.size() + out.size()); }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  void ForgetInput() {
    allocator->GiveBack(password.size() + salt.size());
    password = SecretBytes();
    salt = SecretBytes();
  }

  SecretBytes password;
  SecretBytes salt;
  SecretBytes out;
  absl::Status status;
  const std::shared_ptr<BufferAllocator> allocator;
};

v8::Local<v8::Value> ResultOf(v8::Isolate* isolate, const Task& task) {
  if (!task.status.ok()) return ToV8(isolate, Message(task.status));
  return NewArrayBuffer(isolate, task.out.view(), task.out.size())
      .FromMaybe(v8::Local<v8::ArrayBuffer>());
}

// False when this has to be computed at once.
bool StartJob(const Info& info, v8::Local<v8::Value> done, std::shared_ptr<Task> task,
              std::function<absl::Status(Task&, WorkLimit)> derive) {
  IsolateState* state = IsolateState::From(info.GetIsolate());
  if (!done->IsFunction() || state->loop() == nullptr) return false;
  IoContext* io = state->CurrentIo();
  if (io == nullptr) return false;  // the global scope waits for nothing
  const absl::Status started = io->jobs().Start(
      {.run =
           [task, derive = std::move(derive)](WorkLimit limit) {
             task->status = derive(*task, limit);
             task->ForgetInput();
           },
       .result = [task](v8::Isolate* isolate) { return ResultOf(isolate, *task); }},
      done.As<v8::Function>());
  if (!started.ok()) ReturnError(info, started);
  return true;
}

// Null, and the error is returned, when the worker's memory has no room for it.
std::shared_ptr<Task> NewTask(const Info& info, std::string_view password, std::string_view salt,
                              size_t out_bytes) {
  const auto& allocator = IsolateState::From(info.GetIsolate())->allocator();
  const size_t bytes = password.size() + salt.size() + out_bytes;
  if (!allocator->Take(bytes)) {
    info.GetIsolate()->LowMemoryNotification();
    if (!allocator->Take(bytes)) {
      ReturnError(info,
                  ResourceExhausted("{} bytes more than the worker's memory has room for", bytes));
      return nullptr;
    }
  }
  return std::make_shared<Task>(allocator, password, salt, out_bytes);
}

// What comes out counts as the worker's memory before it is computed.
bool HasRoomFor(const Info& info, size_t bytes) {
  const uint64_t bytes_max = IsolateState::From(info.GetIsolate())->limits().heap_bytes;
  if (bytes <= bytes_max) return true;
  ReturnError(info, ResourceExhausted("{} bytes are more than the worker's memory", bytes));
  return false;
}

}  // namespace

void ReturnHkdf(const Info& info, const HkdfInput& input, size_t bytes) {
  if (!HasRoomFor(info, bytes)) return;
  ReturnFilled(info, bytes, [&](std::span<char> out) {
    const TurnLimit limit(info.GetIsolate());
    return Hkdf(input, limit, out);
  });
}

void ReturnPbkdf2(const Info& info, const Pbkdf2Input& input, size_t bytes,
                  v8::Local<v8::Value> done) {
  if (!HasRoomFor(info, bytes)) return;
  if (Pbkdf2Work(input, bytes) > kPbkdf2WorkAtOnce) {
    auto task = NewTask(info, input.password, input.salt, bytes);
    if (task == nullptr) return;
    auto derive = [hash = input.hash, iterations = input.iterations](Task& t, WorkLimit limit) {
      return Pbkdf2({hash, t.password.view(), t.salt.view(), iterations}, limit, t.out.span());
    };
    if (StartJob(info, done, std::move(task), std::move(derive))) return;
  }
  ReturnFilled(info, bytes, [&](std::span<char> out) {
    const TurnLimit limit(info.GetIsolate());
    return Pbkdf2(input, limit, out);
  });
}

void ReturnScrypt(const Info& info, const ScryptInput& input, size_t bytes,
                  v8::Local<v8::Value> done) {
  if (!HasRoomFor(info, bytes)) return;
  if (ScryptWork(input) > kScryptWorkAtOnce) {
    auto task = NewTask(info, input.password, input.salt, bytes);
    if (task == nullptr) return;
    auto derive = [input](Task& t, WorkLimit) {
      ScryptInput own = input;
      own.password = t.password.view();
      own.salt = t.salt.view();
      return Scrypt(own, t.out.span());
    };
    if (StartJob(info, done, std::move(task), std::move(derive))) return;
  }
  ReturnFilled(info, bytes, [&](std::span<char> out) { return Scrypt(input, out); });
}

}  // namespace terrella::runtime
