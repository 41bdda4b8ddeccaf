// Which estimator a request asks for, and the folder of the networks for photographs: the rules
// that PoseService and RegionService share.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "atelier/v1/pose.pb.h"
#include "base/result.h"

namespace atelier::perception {

/// The estimator that the setting `estimator` names: "auto", "rendered" or "photograph".
v1::Estimator EstimatorOf(std::string_view setting);

/// What a request asks for, `preset` when it does not say. INVALID_ARGUMENT naming `estimator` for
/// a value of a later API.
Result<v1::Estimator> ChosenEstimator(v1::Estimator asked, v1::Estimator preset);

/// FAILED_PRECONDITION (NO_PHOTOGRAPH_NETWORKS): this service has no networks for photographs. The
/// message says how its owner gets them.
Unexpected NoPhotographNetworks();

/// The folder of the networks for photographs: what the setting says, or else `photographs` beside
/// the folder of the model.
std::filesystem::path PhotographFolder(const std::string& setting,
                                       const std::filesystem::path& model);

/// The folder that a service whose settings are these loads the networks for photographs from;
/// empty when there is none and none is needed. NOT_FOUND when it is missing although `setting`
/// names it, or `preset` needs it.
Result<std::filesystem::path> FindPhotographs(const std::string& setting,
                                              const std::filesystem::path& model,
                                              v1::Estimator preset);

}  // namespace atelier::perception
