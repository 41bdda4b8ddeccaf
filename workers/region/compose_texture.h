// Texture maps with regions of other texture maps in them.
#pragma once

#include "atelier/v1/region.pb.h"
#include "base/result.h"
#include "perception/texture/texture_maker.h"

namespace atelier::region {

/// As RegionService.ComposeTexture says, but for the model, whose maps `maker` makes and whose
/// layout is `layout`.
Result<v1::ComposeTextureResponse> ComposeTexture(const v1::ComposeTextureRequest& request,
                                                  const perception::TextureMaker& maker,
                                                  const std::string& layout);

}  // namespace atelier::region
