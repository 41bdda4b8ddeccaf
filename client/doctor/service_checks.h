// The running processes, asked over gRPC.
#pragma once

#include <string>

#include "client/client.h"
#include "client/doctor/finding.h"
#include "client/health/health.h"
#include "rpc/credentials.h"

namespace atelier::doctor {

/// The health of a process that must run: anything but SERVING is a problem.
Finding CheckService(const std::string& name, const std::string& target,
                     const rpc::ChannelSecurity& security = {});

/// Whether workers have registered models with the server that `options` name, which answers.
Finding CheckWorkers(client::ClientOptions options);

}  // namespace atelier::doctor
