// What the reason of a failed job means to whoever called: whether trying again may help.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/warning.h"

namespace atelier {

/// Reasons of failures that another attempt does not change, with the code that a caller is told. A
/// test walks the workers' sources: a permanent error that they make stands here.
inline constexpr std::array<std::pair<std::string_view, Code>, 32> kPermanentFailures = {{
    // The request itself.
    {"INVALID_FIELD", Code::kInvalidArgument},
    {"IUV_CHART", Code::kFailedPrecondition},
    {"REGION_NOT_SWAPPABLE", Code::kUnimplemented},
    {"SOURCES_NOT_JOINED", Code::kFailedPrecondition},
    {"TEXTURE_SIZE", Code::kFailedPrecondition},
    {"UNKNOWN_MODEL", Code::kFailedPrecondition},
    {"UNKNOWN_SPEC", Code::kUnimplemented},
    // What its pictures show.
    {"BASE_WITHOUT_REGION", Code::kFailedPrecondition},
    {"DONOR_WITHOUT_REGION", Code::kFailedPrecondition},
    {"FIT_POOR", Code::kFailedPrecondition},
    {"GARMENT_NOT_FOUND", Code::kFailedPrecondition},
    {"HEAD_NOT_SEEN", Code::kFailedPrecondition},
    {"NOT_FITTED", Code::kFailedPrecondition},
    {"NO_BODY", Code::kFailedPrecondition},
    {"NO_FACE", Code::kFailedPrecondition},
    {"NO_PERSON", Code::kFailedPrecondition},
    {"NUDITY_RISK", Code::kFailedPrecondition},
    {"ASSET_DAMAGED", Code::kDataLoss},
    // What the operator allows.
    {"RESULT_REFUSED", Code::kPermissionDenied},
    // What the model and the services beside it are made of.
    {"BAD_MODEL_SIZES", Code::kFailedPrecondition},
    {"DENSEPOSE_OUTPUT", Code::kFailedPrecondition},
    {"NETWORK_OUTPUT", Code::kInternal},
    {"NOT_FINITE", Code::kInternal},
    {"NO_FACE_EMBEDDING", Code::kFailedPrecondition},
    {"NO_MODEL_NETWORK", Code::kFailedPrecondition},
    {"NO_PHOTOGRAPH_NETWORKS", Code::kFailedPrecondition},
    {"NO_SUCH_DEVICE", Code::kFailedPrecondition},
    {"NO_WORLD_LANDMARKS", Code::kFailedPrecondition},
    {"UNKNOWN_FACE_EMBEDDER", Code::kFailedPrecondition},
    {"UNKNOWN_KEYPOINT_NETWORK", Code::kFailedPrecondition},
    {"UNREADABLE_NETWORK", Code::kFailedPrecondition},
    {"WEIGHT_FORMAT", Code::kUnimplemented},
}};

/// The code of a call whose job ended with `reason`: that of kPermanentFailures,
/// FAILED_PRECONDITION for a warning that the caller did not accept, else ABORTED, because another
/// try may succeed.
constexpr Code CodeOfJobFailure(std::string_view reason) {
  for (const auto& [permanent, code] : kPermanentFailures) {
    if (permanent == reason) return code;
  }
  const bool not_accepted =
      std::find(kWarningReasons.begin(), kWarningReasons.end(), reason) != kWarningReasons.end();
  return not_accepted ? Code::kFailedPrecondition : Code::kAborted;
}

}  // namespace atelier
