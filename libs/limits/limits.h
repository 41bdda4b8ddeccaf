// Limits: what the value of a request's field may be, as the field's option (atelier.v1.limit)
// says.
//
// A limit is written once, in the proto file. The server checks what it takes by it, workers check
// direct calls by it, and the command's help tells it. All functions are thread-safe.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>

#include "atelier/v1/limit.pb.h"
#include "base/result.h"

namespace atelier {

/// The limits of the field `field` of `message`; empty when it has none.
/// REQUIRES: there is such a field.
const v1::Limit& LimitOf(const google::protobuf::Descriptor& message, const std::string& field);

/// The same in words, as errors and comments say them: "1 to 200", "a multiple of 8 from 64 to
/// 1024", "1 s to 30 days", "at most 128 characters of [A-Za-z0-9._-]", "at most 32 entries".
std::string RuleOf(const google::protobuf::Descriptor& message, const std::string& field);

/// RuleOf() a field of a message class, e.g. RuleOf<v1::SynthesisSpec>("steps").
template <typename Message>
std::string RuleOf(const std::string& field) {
  return RuleOf(*Message::descriptor(), field);
}

/// INVALID_ARGUMENT naming `path` when the field breaks its limits; NaN breaks every range. A
/// number or text is checked whether or not it is set, a message that is absent is not. REQUIRES:
/// there is such a field.
Status CheckField(const google::protobuf::Message& message, const std::string& field,
                  const std::string& path);

/// Checks every field that is set, in the order of their numbers, those of messages within
/// included; an enumeration that is not repeated must have one of its values. The error names the
/// path of the first that breaks its limits: "height" or, below a `prefix`,
/// "spec.synthesis.height".
Status CheckLimits(const google::protobuf::Message& message, const std::string& prefix = "");

}  // namespace atelier
