// A Picture field of a call that comes straight to a worker, which has no assets.
#pragma once

#include <string_view>

#include "atelier/v1/picture.pb.h"
#include "base/image.h"
#include "base/result.h"

namespace atelier::runtime {

/// Refuses an asset name and an absent picture. INVALID_ARGUMENT naming `field`.
Status RequireByValue(const v1::Picture& picture, std::string_view field);

/// The RGB Image of a picture that must come by value; see DecodePicture().
Result<Image> DecodeArgument(const v1::Picture& picture, std::string_view field);

}  // namespace atelier::runtime
