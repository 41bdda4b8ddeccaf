#include "pose/networks.h"

#include <filesystem>
#include <vector>

#include "engine/perception.h"
#include "people/fit/load_fitter.h"
#include "perception/photograph/blaze_pose.h"
#include "perception/photograph/keypoint_network.h"
#include "perception/selection/estimator_settings.h"
#include "runtime/service/networks_service.h"

namespace atelier::pose {
Result<perception::PhotographNetworks> LoadPhotographNetworks(
    const config::v1::PoseConfig& config) {
  perception::PhotographNetworks networks;
  if (!config.densepose_network().empty()) {
    ATELIER_ASSIGN_OR_RETURN(networks.dense_pose,
                             perception::DensePose::Load(config.densepose_network()));
  }
  if (!config.keypoint_network().empty()) {
    const cv::Size size(config.keypoint_network_width(), config.keypoint_network_height());
    ATELIER_ASSIGN_OR_RETURN(networks.keypoints,
                             photograph::LoadKeypointNetwork(config.keypoint_network(), size));
    return networks;
  }
  ATELIER_ASSIGN_OR_RETURN(
      const std::filesystem::path folder,
      perception::FindPhotographs(config.photograph_models(), config.model(0),
                                  perception::EstimatorOf(config.estimator())));
  if (folder.empty()) return networks;
  ATELIER_ASSIGN_OR_RETURN(networks.keypoints, photograph::BlazePose::Load(folder));
  ATELIER_ASSIGN_OR_RETURN(auto fitter, people::LoadFitter(config.body_file()));
  if (!fitter) return networks;
  ATELIER_ASSIGN_OR_RETURN(networks.body, perception::LoadBodyReader(std::move(fitter), folder));
  return networks;
}

Result<std::string> IdentityOf(const config::v1::PoseConfig& config) {
  std::vector<std::filesystem::path> files{
      config.densepose_network(), config.keypoint_network(), people::BodyFile(config.body_file()),
      perception::PhotographFolder(config.photograph_models(), config.model(0))};
  for (const std::string& folder : config.model()) {
    ATELIER_ASSIGN_OR_RETURN(const auto own, engine::ComponentFiles(folder, "pose_network"));
    files.insert(files.end(), own.begin(), own.end());
  }
  return runtime::NetworksIdentity(
      files, config.estimator() + " " + std::to_string(config.keypoint_network_width()) + "x" +
                 std::to_string(config.keypoint_network_height()));
}

}  // namespace atelier::pose
