#include "edge_node/runtime/store_body.h"

#include <string_view>
#include <utility>

namespace terrella::runtime {
namespace {

// Delivered in slices, so that a reader's Pause is honoured soon.
constexpr size_t kSliceBytes = 64 * 1024;

class StoreBody final : public http::BodySource {
 public:
  StoreBody(std::shared_ptr<v8::BackingStore> store, std::string_view bytes,
            std::shared_ptr<BufferAllocator> allocator)
      : allocator_(std::move(allocator)),
        store_(std::move(store)),
        left_(bytes),
        length_bytes_(bytes.size()) {}
  ~StoreBody() override {
    if (destroyed_ != nullptr) *destroyed_ = true;
  }

  std::optional<uint64_t> length_bytes() const override { return length_bytes_; }
  void Read(Reader& reader) override {
    reader_ = &reader;
    reading_ = true;
    if (destroyed_ == nullptr) Deliver();  // else it is on the stack and goes on
  }
  void Pause() override { reading_ = false; }

 private:
  void Deliver() {
    bool destroyed = false;
    destroyed_ = &destroyed;
    while (reading_ && !left_.empty()) {
      std::string_view slice = left_.substr(0, kSliceBytes);
      left_.remove_prefix(slice.size());
      reader_->OnBodyData(slice);
      if (destroyed) return;
    }
    destroyed_ = nullptr;
    if (!reading_ || told_end_) return;
    told_end_ = true;
    store_.reset();
    reader_->OnBodyEnd();
  }

  const std::shared_ptr<BufferAllocator> allocator_;  // outlives the store
  std::shared_ptr<v8::BackingStore> store_;
  std::string_view left_;
  const uint64_t length_bytes_;
  Reader* reader_ = nullptr;
  bool reading_ = false;
  bool told_end_ = false;
  bool* destroyed_ = nullptr;  // set while Deliver runs
};

}  // namespace

std::unique_ptr<http::BodySource> MakeStoreBody(v8::Local<v8::ArrayBufferView> bytes,
                                                std::shared_ptr<BufferAllocator> allocator) {
  auto store = bytes->Buffer()->GetBackingStore();
  const std::string_view view(static_cast<const char*>(store->Data()) + bytes->ByteOffset(),
                              bytes->ByteLength());
  return std::make_unique<StoreBody>(std::move(store), view, std::move(allocator));
}

}  // namespace terrella::runtime
