// The limits of tenants as the server's settings say them.
#pragma once

#include "atelier/config/v1/server.pb.h"
#include "base/result.h"
#include "server/store/tenant_limits.h"

namespace atelier::server {

/// The settings whose names end in _per_tenant, and over them the entries of `tenant_limits`.
/// INVALID_ARGUMENT naming `tenant_limits` for an entry that is none.
Result<TenantLimitTable> TenantLimitsOf(const config::v1::ServerConfig& config);

/// Millions of pixels times steps, as settings say costs, in pixels times steps.
int64_t StepPixelsOf(double millions);

}  // namespace atelier::server
