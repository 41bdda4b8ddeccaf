// A Picture field of a call that comes straight to a worker, which has no assets, and what goes
// with pictures in requests.
#pragma once

#include <string_view>

#include "atelier/v1/picture.pb.h"
#include "base/image.h"
#include "base/iuv_chart.h"
#include "base/result.h"

namespace atelier::runtime {

/// Refuses an asset name and an absent picture. INVALID_ARGUMENT naming `field`.
Status RequireByValue(const v1::Picture& picture, std::string_view field);

/// The RGB Image of a picture that must come by value; see DecodePicture().
Result<Image> DecodeArgument(const v1::Picture& picture, std::string_view field);

/// IUV_CHANNELS_UNSPECIFIED, and values that are none, mean part, U, V.
inline IuvOrder OrderOf(v1::IuvChannels channels) {
  return channels == v1::IUV_CHANNELS_VUI ? IuvOrder::kVui : IuvOrder::kIuv;
}

}  // namespace atelier::runtime
