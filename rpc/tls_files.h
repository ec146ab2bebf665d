// TlsFiles: where a process finds what it proves itself with, and whom it believes; all PEM.
//
// Thread: any; plain data.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"

namespace terrella::rpc {

struct TlsFiles {
  std::filesystem::path certificates;  // its own chain, leaf first
  std::filesystem::path key;           // of the leaf; may be the same file
  std::filesystem::path authority;     // the certificate of the cluster's authority
  unsigned look_every_s = 10;          // how often the files are looked at again

  // As flags say it: what is not given stands in the file of the certificates.
  static TlsFiles Of(std::filesystem::path certificates, std::filesystem::path key,
                     std::filesystem::path authority) {
    if (key.empty()) key = certificates;
    if (authority.empty()) authority = certificates;
    return {.certificates = std::move(certificates),
            .key = std::move(key),
            .authority = std::move(authority)};
  }

  bool empty() const { return certificates.empty() && key.empty() && authority.empty(); }
  // InvalidArgument when the certificates are missing and something else is not, NotFound when a
  // file cannot be read. `flag`: what the certificates are called, "--control-cert".
  absl::Status Check(std::string_view flag) const;
};

}  // namespace terrella::rpc
