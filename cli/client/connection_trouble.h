// ConnectionTrouble: why a control plane that is said to be there does not answer, in a sentence
// that says what to do.
//
// gRPC knows "Socket closed" for a server that is gone, for one that does not take our certificate,
// and for one that speaks plain text. What tells them apart is looked at here: our own certificate,
// and whether anybody listens.
//
// Thread: any; blocks for at most a second.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "rpc/tls_files.h"

namespace terrella::cli {

struct DialedServer {
  std::string address;  // IP:PORT
  std::string cluster;
  std::string who;    // "control plane"
  rpc::TlsFiles tls;  // what was shown; empty: nothing
};

// UNAUTHENTICATED when it is a matter of certificates, else UNAVAILABLE.
absl::Status ExplainUnavailable(const DialedServer& server);

}  // namespace terrella::cli
