// The running processes, asked over gRPC.
#pragma once

#include <chrono>
#include <string>

#include "client/doctor/finding.h"

namespace atelier::doctor {

enum class Health { kServing, kNotServing, kUnreachable };

/// What grpc.health.v1 at `target` says; kUnreachable when nothing answers within `patience`.
Health AskHealth(const std::string& target,
                 std::chrono::milliseconds patience = std::chrono::seconds(2));

/// The health of a process that must run: anything but SERVING is a problem.
Finding CheckService(const std::string& name, const std::string& target);

/// Whether workers have registered models with the server at `target`, which answers.
Finding CheckWorkers(const std::string& target);

}  // namespace atelier::doctor
