#include "rpc/known_fields.h"

#include <google/protobuf/unknown_field_set.h>

#include <string>
#include <vector>

namespace atelier::rpc {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string Join(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

Status Check(const Message& message, const std::string& path) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  const auto& unknown = reflection.GetUnknownFields(message);
  if (!unknown.empty()) {
    const std::string number = std::to_string(unknown.field(0).number());
    return InvalidField(Join(path, number), "a field of " + message.GetDescriptor()->full_name(),
                        "field number " + number + ", which this server does not know");
  }
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const std::string below = Join(path, field->name());
    if (!field->is_repeated()) {
      ATELIER_RETURN_IF_ERROR(Check(reflection.GetMessage(message, field), below));
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      ATELIER_RETURN_IF_ERROR(Check(reflection.GetRepeatedMessage(message, field, i), below));
    }
  }
  return {};
}

}  // namespace

Status CheckKnownFields(const Message& request) { return Check(request, ""); }

}  // namespace atelier::rpc
