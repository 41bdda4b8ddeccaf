// AskHealth: what a gRPC server says of itself in grpc.health.v1.
#pragma once

#include <chrono>
#include <string>

#include "rpc/credentials.h"

namespace atelier::health {

enum class Health {
  kServing,
  /// It answers, but does not serve: it still loads, drains, knows no such service, or is another
  /// program.
  kNotServing,
  /// Nothing answered in time, or not under these certificates.
  kUnreachable,
};

struct Question {
  /// A gRPC target: host:port, dns:///NAME:PORT or unix:PATH.
  std::string target;
  /// Empty: readiness; rpc::kLiveness: whether the process lives.
  std::string service = {};
  rpc::ChannelSecurity security = {};
  std::chrono::milliseconds patience = std::chrono::seconds(2);
};

Health AskHealth(const Question& question);

}  // namespace atelier::health
