// The processes of a whole studio on one machine: who they are, where they listen, what they are
// told. Pure but for FreePorts() and CheckListens().
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "client/supervisor/supervisor.h"

namespace atelier::supervisor {

struct StudioOptions {
  /// Folder with atelier-server, atelier-pose, atelier-region and atelier-generation.
  std::filesystem::path bin_dir;
  /// Jobs and pictures; made when it is not there.
  std::filesystem::path data_dir;
  /// Model folders, for pose, region and generation alike. The first is the default model.
  std::vector<std::filesystem::path> models;
  /// host:port of the public API. Port P != 0: everything else takes P+1 .. P+7; 0: any free ports.
  /// The metrics pages share its host; the workers' own gRPC stays on the loopback.
  std::string listen = "127.0.0.1:7460";
  /// Where workers fetch their jobs, host:port or unix:PATH. Empty: a socket in data_dir, or, where
  /// its path is too long for the kernel, a free port of the loopback.
  std::string dispatch_listen;
  /// The secret of the workers; empty: worker.secret in data_dir.
  std::filesystem::path worker_secret_file;
  /// Whether the server may listen beyond this machine without TLS.
  bool insecure = false;
  /// Passed to atelier-generation; empty or 0 = its own defaults.
  std::string device;
  std::string dtype;
  int threads = 0;
  int max_batch = 0;
  /// YAML file with a section a child, handed to each of them; empty: none. What this plan passes
  /// by flags wins over it.
  std::filesystem::path config_file;
  /// Whether the file gives these settings, which are then not passed by flags.
  bool file_has_pose_model = false;
  bool file_has_region_model = false;
  bool file_has_default_model = false;
};

/// Order of the children in a plan, of their start, and of Supervisor's on_ready list.
enum StudioChild : size_t { kPose = 0, kRegion = 1, kServer = 2, kGeneration = 3 };

struct StudioPlan {
  std::vector<ChildSpec> children;
  /// host:port of the public API and of the server's metrics page, as seen from this machine.
  std::string server_address;
  std::string metrics_address;
  /// host:port of everything that the children listen on.
  std::vector<std::string> listens;
};

/// `count` different TCP ports that are free now on every interface. They are not held: whoever
/// binds first has them.
Result<std::vector<int>> FreePorts(int count);

/// That every address of the plan can be listened on now. UNAVAILABLE (ADDRESS_IN_USE,
/// CANNOT_LISTEN) naming the first that cannot.
Status CheckListens(const StudioPlan& plan);

/// INVALID_ARGUMENT for a bad address; NOT_FOUND when a program or a model folder is not there.
Result<StudioPlan> PlanStudio(const StudioOptions& options);

}  // namespace atelier::supervisor
