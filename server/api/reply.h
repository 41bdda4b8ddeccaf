// What every service shares: answers to clients, and what a call says of its caller.
#pragma once

#include <grpcpp/grpcpp.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace atelier::server {

/// The status of `error`; with RetryInfo when trying again later helps.
grpc::Status Reply(const Error& error);
grpc::Status Reply(const Status& status);

/// CANCELLED when the caller is gone: it cancelled, or its deadline is over.
Status CallerIsThere(const grpc::ServerContextBase& context);

/// The caller's W3C traceparent, empty when it sent none.
std::string TraceparentOf(const grpc::ServerContextBase& context);

/// The {id} of `prefix`{id}, empty when `name` is nothing of the kind.
std::string IdOf(const std::string& name, std::string_view prefix);

}  // namespace atelier::server
