#include "pose/photograph_eyes.h"

#include "pose/estimator_choice.h"
#include "pose/photograph/blaze_pose.h"
#include "pose/photograph/keypoint_network.h"

namespace atelier::pose {

Result<PhotographEyes> LoadPhotographEyes(const config::v1::PoseConfig& config) {
  PhotographEyes eyes;
  if (!config.densepose_network().empty()) {
    ATELIER_ASSIGN_OR_RETURN(eyes.dense_pose, engine::DensePose::Load(config.densepose_network()));
  }
  if (!config.keypoint_network().empty()) {
    const cv::Size size(config.keypoint_network_width(), config.keypoint_network_height());
    ATELIER_ASSIGN_OR_RETURN(eyes.keypoints,
                             photograph::LoadKeypointNetwork(config.keypoint_network(), size));
    return eyes;
  }
  const std::string& setting = config.photograph_models();
  const std::filesystem::path folder = PhotographFolder(setting, config.model(0));
  ATELIER_ASSIGN_OR_RETURN(const bool loads,
                           LoadsPhotographs(folder, setting, EstimatorOf(config.estimator())));
  if (!loads) return eyes;
  ATELIER_ASSIGN_OR_RETURN(eyes.keypoints, photograph::BlazePose::Load(folder));
  return eyes;
}

}  // namespace atelier::pose
