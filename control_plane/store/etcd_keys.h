// EtcdKeys: where in etcd a cluster's state lies. All of it is under one prefix:
//
//   PREFIX/log/k/KEY        the map
//   PREFIX/log/head         written by every transaction: its revision is the store's
//   PREFIX/log/epoch        name of this history, decimal
//   PREFIX/request/ID       the answer to a request id; its revision is the transaction's
//   PREFIX/blob/SHA256      size of a content in bytes, decimal
//   PREFIX/chunk/SHA256/N   its parts of 512 KiB; a part without the size is an unfinished write
//   PREFIX/kv/NS/KEY        Workers KV: what is known of a value, and a small value itself
//   PREFIX/kv-part/WRITE/N  the parts of a large one, named by the write that made it
//
// What watches need is under log/, so that one watch of etcd's sees the map's changes and, by the
// head, how far it has come.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace terrella::control {

class EtcdKeys {
 public:
  // `prefix` may be empty.
  explicit EtcdKeys(std::string_view prefix) : root_(std::string(prefix) + "/") {}

  std::string log() const { return root_ + "log/"; }
  std::string map(std::string_view key) const { return root_ + "log/k/" + std::string(key); }
  std::string head() const { return root_ + "log/head"; }
  std::string epoch() const { return root_ + "log/epoch"; }
  std::string request(std::string_view id) const { return root_ + "request/" + std::string(id); }
  std::string blob(std::string_view hex) const { return root_ + "blob/" + std::string(hex); }
  std::string chunk(std::string_view hex, uint64_t part) const {
    return fmt::format("{}chunk/{}/{}", root_, hex, part);
  }

  std::string kv(std::string_view ns, std::string_view key) const {
    return fmt::format("{}kv/{}/{}", root_, ns, key);
  }
  std::string all_kv() const { return root_ + "kv/"; }
  std::string kv_parts(std::string_view write_hex) const {
    return fmt::format("{}kv-part/{}/", root_, write_hex);
  }
  // In order when compared as bytes.
  std::string kv_part(std::string_view write_hex, size_t part) const {
    return fmt::format("{}kv-part/{}/{:04}", root_, write_hex, part);
  }

  // The first key after every key that starts with `prefix`, as etcd's range_end; "\0" means all.
  static std::string End(std::string prefix) {
    while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
    if (prefix.empty()) return std::string(1, '\0');
    prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
    return prefix;
  }

 private:
  std::string root_;
};

}  // namespace terrella::control
