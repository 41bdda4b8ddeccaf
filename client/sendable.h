// What may be sent to a server, checked before a call: gRPC ends the process over metadata that is
// no printable ASCII, and a server cannot read a text that is not UTF-8.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace atelier::client {

/// The reason of an error for an argument that breaks its own rule: nothing was sent.
inline constexpr std::string_view kBadArgumentReason = "BAD_ARGUMENT";

inline constexpr std::string_view kTenantRule = "1 to 64 characters of [A-Za-z0-9._-]";
/// What SubmitJobRequest.request_id must be.
std::string RequestIdRule();

inline constexpr std::string_view kServerRule = "host:port in printable ASCII";

inline constexpr std::string_view kTokenRule = "1 to 512 printable ASCII characters";

bool IsServer(std::string_view text);
/// An empty one, which is not sent, is.
bool IsToken(std::string_view text);
bool IsTenant(std::string_view text);
bool IsRequestId(std::string_view text);

/// INVALID_ARGUMENT with kBadArgumentReason: "`name` must be RULE. Given: VALUE", VALUE as
/// Printable() has it.
Unexpected BadArgument(std::string name, std::string_view rule, std::string_view given);

/// `text` with every byte but printable ASCII as \xHH, cut to 100 characters.
std::string Printable(std::string_view text);

/// That every string in `request` is UTF-8; the error names the field.
Status CheckText(const google::protobuf::Message& request);

}  // namespace atelier::client
