#include "edge_node/runtime/held_body.h"

#include <utility>
#include <vector>

#include "edge_node/runtime/bindings/binding.h"

namespace terrella::runtime {
namespace {

struct HeldBuffers {
  std::shared_ptr<BufferAllocator> allocator;  // goes after what came from it
  std::vector<std::shared_ptr<v8::BackingStore>> stores;
};

struct HeldText {
  HeldText(std::shared_ptr<BufferAllocator> allocator, std::string text)
      : allocator(std::move(allocator)), text(std::move(text)) {}
  ~HeldText() { allocator->GiveBack(text.size()); }
  std::shared_ptr<BufferAllocator> allocator;
  const std::string text;
};

}  // namespace

std::unique_ptr<http::BodySource> HoldBuffers(std::shared_ptr<BufferAllocator> allocator,
                                              std::span<const v8::Local<v8::Value>> views) {
  auto held = std::make_shared<HeldBuffers>();
  held->allocator = std::move(allocator);
  std::vector<std::string_view> pieces;
  for (v8::Local<v8::Value> view : views) {
    pieces.push_back(BytesOf(view));
    auto buffer = view->IsArrayBuffer() ? view.As<v8::ArrayBuffer>()
                                        : view.As<v8::ArrayBufferView>()->Buffer();
    held->stores.push_back(buffer->GetBackingStore());
  }
  return http::MakeViewBody(std::move(pieces), std::move(held));
}

std::unique_ptr<http::BodySource> HoldText(std::shared_ptr<BufferAllocator> allocator,
                                           std::string text) {
  if (!allocator->Take(text.size())) return nullptr;
  auto held = std::make_shared<HeldText>(std::move(allocator), std::move(text));
  const std::string_view piece = held->text;
  return http::MakeViewBody({piece}, std::move(held));
}

}  // namespace terrella::runtime
