// How this program connects to a control plane and makes itself known there.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "base/clock.h"
#include "rpc/tls_files.h"
#include "rpc/upstream.h"

namespace terrella::cli {

std::shared_ptr<grpc::Channel> DialServer(const rpc::Upstream& server);
// Without credentials that can be read it is dialled all the same: the first call says why it
// fails.
std::shared_ptr<grpc::Channel> DialControl(const std::string& address, const rpc::TlsFiles& tls);

void SetTimeout(grpc::ClientContext& context, Duration timeout);
// An empty token is none.
void ShowToken(grpc::ClientContext& context, const std::string& token);

}  // namespace terrella::cli
