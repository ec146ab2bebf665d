#include "sim/visit/city_gate.h"

#include <utility>

#include "sim/net/city_block.h"

namespace terrella::sim {
namespace {

constexpr size_t kQueueBytesMax = 256 * 1024;  // written to one side and not taken yet

}  // namespace

// One connection through the gate: two streams, each of which writes what the other reads.
class CityGate::Passage {
 public:
  Passage(CityGate& gate, uint64_t id, std::unique_ptr<TcpConnection> near)
      : gate_(gate), id_(id), near_(*this), far_(*this) {
    near_.stream = std::move(near);
    near_.other = &far_;
    far_.other = &near_;
    const SocketAddress source{net::CityAddressV4(gate.options_.city, static_cast<uint32_t>(id)),
                               0};
    far_.stream = TcpConnection::Connect(gate.loop_, gate.options_.ingress, &source,
                                         [this](const absl::Status& status) {
                                           if (!status.ok()) return End();
                                           near_.Begin();
                                           far_.Begin();
                                         });
  }

 private:
  struct Side final : ByteStream::Observer {
    explicit Side(Passage& owner) : passage(owner) {}
    void Begin() {
      stream->set_observer(this);
      stream->StartReading();
    }
    void OnRead(std::string_view bytes) override {
      other->stream->Write(bytes);
      if (other->stream->write_queue_bytes() > kQueueBytesMax) stream->PauseReading();
    }
    void OnReadEof() override {
      ended = true;
      other->stream->ShutdownWrite();
      if (other->ended) passage.End();
    }
    void OnWriteDrained() override {
      if (!other->ended && !other->stream->reading()) other->stream->StartReading();
    }
    void OnError(const absl::Status&) override { passage.End(); }

    Passage& passage;
    std::unique_ptr<TcpConnection> stream;
    Side* other = nullptr;
    bool ended = false;  // it sends no more
  };

  // From within a stream's callback: the end comes when that has returned.
  void End() {
    gate_.loop_.Defer([gate = &gate_, id = id_] { gate->Close(id); });
  }

  friend class CityGate;
  CityGate& gate_;
  const uint64_t id_;
  Side near_, far_;
};

CityGate::CityGate(EventLoop& loop, const CityGateOptions& options)
    : loop_(loop), options_(options) {}
CityGate::~CityGate() = default;

absl::StatusOr<std::unique_ptr<CityGate>> CityGate::Start(EventLoop& loop,
                                                          const CityGateOptions& options) {
  std::unique_ptr<CityGate> gate(new CityGate(loop, options));
  auto listener = TcpListener::Listen(
      loop, {.address = options.listen},
      [gate = gate.get()](auto connection) { gate->OnAccept(std::move(connection)); });
  if (!listener.ok()) return listener.status();
  gate->listener_ = *std::move(listener);
  return gate;
}

SocketAddress CityGate::address() const {
  return listener_->address();
}

void CityGate::OnAccept(std::unique_ptr<TcpConnection> connection) {
  if (passages_.size() >= options_.connections_max) return;  // closes it
  const uint64_t id = next_id_++;
  passages_.emplace(id, std::make_unique<Passage>(*this, id, std::move(connection)));
}

// What was written last is still to arrive.
void CityGate::Close(uint64_t id) {
  const auto found = passages_.find(id);
  if (found == passages_.end()) return;
  Passage& passage = *found->second;
  if (passage.near_.ended && passage.far_.ended) {
    TcpConnection::CloseGracefully(std::move(passage.near_.stream));
    TcpConnection::CloseGracefully(std::move(passage.far_.stream));
  }
  passages_.erase(found);
}

}  // namespace terrella::sim
