#include "server/assets/asset_names.h"

namespace atelier::server {

void AddAssetNames(const google::protobuf::Message& message, BlobStore::Digests& named) {
  using Field = google::protobuf::FieldDescriptor;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const Field*> fields;
  reflection.ListFields(message, &fields);
  for (const Field* field : fields) {
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      if (field->cpp_type() == Field::CPPTYPE_MESSAGE) {
        AddAssetNames(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                           : reflection.GetMessage(message, field),
                      named);
      } else if (field->type() == Field::TYPE_STRING) {
        const std::string text = field->is_repeated()
                                     ? reflection.GetRepeatedString(message, field, i)
                                     : reflection.GetString(message, field);
        if (auto digest = DigestOfAsset(text)) named.insert(*std::move(digest));
      }
    }
  }
}

}  // namespace atelier::server
