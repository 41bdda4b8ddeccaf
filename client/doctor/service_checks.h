// The running processes, asked over gRPC.
#pragma once

#include <chrono>
#include <string>

#include "client/client.h"
#include "client/doctor/finding.h"
#include "rpc/credentials.h"

namespace atelier::doctor {

enum class Health { kServing, kNotServing, kUnreachable };

/// What grpc.health.v1 at `target` says; kUnreachable when nothing answers within `patience`.
Health AskHealth(const std::string& target, const rpc::ChannelSecurity& security = {},
                 std::chrono::milliseconds patience = std::chrono::seconds(2));

/// The health of a process that must run: anything but SERVING is a problem.
Finding CheckService(const std::string& name, const std::string& target,
                     const rpc::ChannelSecurity& security = {});

/// Whether workers have registered models with the server that `options` name, which answers.
Finding CheckWorkers(client::ClientOptions options);

}  // namespace atelier::doctor
