// What every list of the API shares.
#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "base/result.h"

namespace atelier::server {

/// Entries of a page: the `page_size` of a list's request within its limits, 50 for one that says
/// 0. INVALID_ARGUMENT naming page_size.
Result<int> PageSize(const google::protobuf::Message& request);

/// That `token` is none this server made.
Unexpected BadPageToken(const std::string& token);

}  // namespace atelier::server
