// Studio: the real processes of Atelier over a fresh folder, each started and ended by the test.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/client.h"
#include "integration/process.h"
#include "support/metrics_page.h"
#include "support/temp_dir.h"

namespace atelier::testing {

/// The model every integration test runs: tiny, with random weights, made when the tests are built.
std::filesystem::path TinyModel();
/// models/tiny-smpl: of the other texture layout, and with networks that see something else.
std::filesystem::path TinySmplModel();
/// models/tiny-published: as the published checkpoints are, without networks that look at pictures,
/// and in DensePose's chart. A DensePose network lies beside its weights.
std::filesystem::path TinyPublishedModel();
/// models/tiny-fpdm: of the other pipeline, which reads keypoints and neither IUV nor texture.
std::filesystem::path TinyFpdmModel();
/// models/tiny-blind: as models/tiny, with a pose network that sees nobody in any picture.
std::filesystem::path TinyBlindModel();
/// What a model's model.json says of itself.
struct TinyModelFacts {
  std::string name;
  int height = 0;
  int width = 0;
};
TinyModelFacts ReadTinyModelFacts(const std::filesystem::path& model = TinyModel());

struct StudioOptions {
  /// Short, for a lost worker is waited for; long enough for a heartbeat on a busy machine.
  int lease_seconds = 5;
  int max_attempts = 3;
  /// Of pose, region and generation alike; the first is the default model.
  std::vector<std::filesystem::path> models = {TinyModel()};
  /// More flags of atelier-server.
  std::vector<std::string> server_flags = {};
  /// More flags of atelier-pose.
  std::vector<std::string> pose_flags = {};
};

class Studio {
 public:
  explicit Studio(StudioOptions options = {});
  /// Prints every process' log when a REQUIRE failed or ATELIER_TEST_LOGS is set.
  ~Studio();

  /// Each REQUIREs that the process gets ready. Server and workers may come in any order; a server
  /// that is started again has the address it had.
  void StartServer();
  void StartPose();
  void StartRegion();
  void StartGeneration();
  /// Pose beside region, then the server beside generation.
  void StartAll();

  Process& server() { return *server_; }
  Process& generation() { return *generation_; }
  Process& pose() { return *pose_; }
  Process& region() { return *region_; }

  client::Client& client() { return *client_; }
  const std::filesystem::path& dir() const { return dir_.path(); }
  const std::string& server_address() const { return server_address_; }
  /// Where workers fetch their jobs.
  std::string dispatch_address() const { return "unix:" + (dir() / "data/dispatch.sock").string(); }

  /// The server's and the generation worker's metrics pages.
  std::string ServerMetrics() const;
  std::string GenerationMetrics() const;

 private:
  /// Starts a program and does not wait for it.
  std::unique_ptr<Process> Launch(const std::string& program, std::vector<std::string> flags);
  void LaunchServer();
  void LaunchPose();
  void LaunchRegion();
  void LaunchGeneration();
  void AwaitPose();
  void AwaitRegion();
  void AwaitGeneration();
  /// `flags` and a --model for each model.
  std::vector<std::string> WithModels(std::vector<std::string> flags) const;

  const StudioOptions options_;
  const TempDir dir_;
  std::string server_address_;
  std::string server_metrics_address_;
  std::string pose_address_;
  std::string region_address_;
  std::string generation_metrics_address_;
  int starts_ = 0;
  std::vector<std::filesystem::path> logs_;
  std::unique_ptr<Process> pose_, region_, server_, generation_;
  std::unique_ptr<client::Client> client_;
};

/// A studio of default options with all its processes, started once for every case that ends no
/// process and counts nothing but what it made itself: to load LibTorch takes each of three
/// processes more than a second of a core.
Studio& SharedStudio();

}  // namespace atelier::testing
