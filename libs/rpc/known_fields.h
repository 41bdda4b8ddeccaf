// A request with a field that this program does not know asks for something it would not get.
#pragma once

#include <google/protobuf/message.h>

#include "base/result.h"

namespace atelier::rpc {

/// INVALID_ARGUMENT when `request`, or a message in it, has a field that its type does not know;
/// names the path to that message and the field's number. Not for calls between our own processes:
/// while they are upgraded one after the other, the newer may say more than the older understands.
Status CheckKnownFields(const google::protobuf::Message& request);

}  // namespace atelier::rpc
