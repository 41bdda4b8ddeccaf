// The networks that a process' settings ask for.
#pragma once

#include <string>

#include "atelier/config/v1/region.pb.h"
#include "region/region_service.h"

namespace atelier::region {

/// The ArcFace network of the settings, or else the model's own, called `model_name`.
Result<Embedder> LoadEmbedder(const config::v1::RegionConfig& config,
                              const std::string& model_name);

/// Face and body networks of the settings' folder; null where there is none and none is needed.
Result<PhotographNetworks> LoadPhotographNetworks(const config::v1::RegionConfig& config);

}  // namespace atelier::region
