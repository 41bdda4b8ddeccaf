#include "client/cli/studio_config.h"

#include <vector>

#include "atelier/config/v1/generation.pb.h"
#include "atelier/config/v1/pose.pb.h"
#include "atelier/config/v1/region.pb.h"
#include "atelier/config/v1/server.pb.h"
#include "client/local_file.h"
#include "config/yaml.h"

namespace atelier::cli {
namespace {

using config::Origins;

/// How the processes find one another, which `atelier up` alone can say.
Status RefuseWiring(const Origins& given, const std::vector<std::string>& wiring) {
  for (const std::string& key : wiring) {
    const auto origin = given.find(key);
    if (origin == given.end()) continue;
    return MakeError(Code::kInvalidArgument, "INVALID_CONFIG",
                     origin->second + ": `" + key + "` is decided by `atelier up`: leave it out");
  }
  return {};
}

Status Read(supervisor::StudioOptions& studio) {
  const std::string path = studio.config_file.string();
  Origins pose_given, region_given, server_given, generation_given;
  config::v1::PoseConfig pose;
  ATELIER_RETURN_IF_ERROR(config::ApplyStudioFile(path, "pose", pose, pose_given));
  ATELIER_RETURN_IF_ERROR(RefuseWiring(pose_given, {"listen", "metrics_listen"}));
  config::v1::RegionConfig region;
  ATELIER_RETURN_IF_ERROR(config::ApplyStudioFile(path, "region", region, region_given));
  ATELIER_RETURN_IF_ERROR(RefuseWiring(region_given, {"listen", "metrics_listen"}));
  config::v1::ServerConfig server;
  ATELIER_RETURN_IF_ERROR(config::ApplyStudioFile(path, "server", server, server_given));
  ATELIER_RETURN_IF_ERROR(RefuseWiring(server_given, {"metrics_listen", "pose", "region"}));
  config::v1::GenerationConfig generation;
  ATELIER_RETURN_IF_ERROR(
      config::ApplyStudioFile(path, "generation", generation, generation_given));
  ATELIER_RETURN_IF_ERROR(
      RefuseWiring(generation_given, {"listen", "metrics_listen", "server", "pose", "region"}));

  studio.file_has_pose_model = pose_given.contains("model");
  studio.file_has_region_model = region_given.contains("model");
  studio.file_has_default_model = server_given.contains("default_model");
  if (server_given.contains("listen")) studio.listen = server.listen();
  if (server_given.contains("data")) studio.data_dir = server.data();
  studio.dispatch_listen = server.dispatch_listen();
  studio.worker_secret_file = generation.worker_secret_file().empty()
                                  ? server.worker_secret_file()
                                  : generation.worker_secret_file();
  if (studio.models.empty()) {
    studio.models.assign(generation.model().begin(), generation.model().end());
  }
  return {};
}

}  // namespace

Status FillFromFile(const std::string& listen_flag, const std::filesystem::path& data_flag,
                    supervisor::StudioOptions& studio) {
  studio.data_dir = "atelier-data";
  if (!studio.config_file.empty()) {
    if (Status read = Read(studio); !read) {
      Error error = read.error();
      error.reason = client::kLocalFileReason;
      return Unexpected(std::move(error));
    }
  }
  if (!listen_flag.empty()) studio.listen = listen_flag;
  if (!data_flag.empty()) studio.data_dir = data_flag;
  return {};
}

}  // namespace atelier::cli
