#include "runtime/picture_argument.h"

#include <string>

#include "imaging/picture_codec.h"

namespace atelier::runtime {

Status RequireByValue(const v1::Picture& picture, std::string_view field) {
  if (picture.content_case() == v1::Picture::kData) return {};
  if (picture.content_case() == v1::Picture::kAsset) {
    return InvalidField(std::string(field),
                        "given by value (data) when a worker is called directly; assets are known "
                        "to atelier-server alone, call it instead",
                        picture.asset());
  }
  return InvalidField(std::string(field), "given", "nothing");
}

Result<Image> DecodeArgument(const v1::Picture& picture, std::string_view field) {
  ATELIER_RETURN_IF_ERROR(RequireByValue(picture, field));
  return imaging::DecodePicture(picture.data(), field);
}

}  // namespace atelier::runtime
