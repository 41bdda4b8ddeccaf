// The networks that a process' settings ask for.
#pragma once

#include <string>

#include "atelier/config/v1/region.pb.h"
#include "region/region_service.h"

namespace atelier::region {

/// Every model of the settings, each with its texture layout and the network that knows faces
/// apart: the settings' ArcFace network for all of them, or else each one's own, which may be none.
/// Errors as the loaders give them, with the folder in front; ALREADY_EXISTS for two models of one
/// name.
Result<NamedModels<RegionModel>> LoadModels(const config::v1::RegionConfig& config);

/// Face and body networks of the settings' folder; null where there is none and none is needed.
Result<RegionNetworks> LoadPhotographNetworks(const config::v1::RegionConfig& config);

/// What two processes answer the same with (runtime::NetworksIdentity): the models' face networks
/// and texture layouts, the networks for photographs, ArcFace, the body, and the estimator. Errors
/// as the loaders give them.
Result<std::string> IdentityOf(const config::v1::RegionConfig& config);

}  // namespace atelier::region
