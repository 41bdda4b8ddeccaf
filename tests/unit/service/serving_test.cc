// The services before they are loaded, for callers who have gone, and after others have taken their
// place.
#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <thread>

#include "generation/conditions/perception_gate.h"
#include "perception_fakes.h"
#include "preparer_bench.h"
#include "rpc/server.h"
#include "rpc/status.h"
#include "runtime/service/networks_service.h"
#include "support/temp_dir.h"
#include "support/write_file.h"

namespace atelier {
namespace {

using generation::Bench;
using runtime::NetworksServiceImpl;

std::shared_ptr<grpc::Channel> ChannelTo(const rpc::Server& server) {
  return rpc::Connect("127.0.0.1:" + std::to_string(server.port()));
}

/// Its networks run as long as the test says.
class SlowEstimator : public FakeEstimator {
 public:
  explicit SlowEstimator(std::function<void()> during) : FakeEstimator(30), during_(during) {}
  Result<engine::PoseEstimate> Estimate(const Image& picture) override {
    during_();
    return FakeEstimator::Estimate(picture);
  }

 private:
  std::function<void()> during_;
};

pose::PoseReader ReaderOf(std::function<void()> during) {
  return pose::PoseReader(perception::PoseEstimatorSelector(
      std::make_unique<SlowEstimator>(std::move(during)), "mini", {}));
}

TEST_CASE("A caller who comes while the networks are loaded is told to come again", "[loading]") {
  pose::PoseServiceImpl pose;
  region::RegionServiceImpl region;
  NetworksServiceImpl networks;
  const auto server = std::move(rpc::Server::Start({}, {&pose, &region, &networks}).value());
  const auto channel = ChannelTo(*server);
  grpc::ClientContext pose_context, region_context;
  v1::EstimatePoseResponse pose_response;
  v1::ExtractRegionsResponse regions;
  const auto loading = [](const grpc::Status& status) {
    const Error error = rpc::FromGrpc(status);
    return error.code == Code::kUnavailable && error.reason == "LOADING";
  };
  CHECK(loading(v1::PoseService::NewStub(channel)->EstimatePose(
      &pose_context, PoseRequest(Png(64, 48, 100)), &pose_response)));
  CHECK(loading(v1::RegionService::NewStub(channel)->ExtractRegions(
      &region_context, RegionRequest(Image(64, 48, 3, 2), 120), &regions)));
  const auto perception = generation::MakePerceptionClient(channel, channel);
  const Status away = perception->Refresh({});
  REQUIRE_FALSE(away);
  CHECK(away.error().reason == "SERVICE_AWAY");
  CHECK(away.error().message.find("the pose service") != std::string::npos);
  networks.Serve("of these networks");
  CHECK(perception->Refresh({}));
  CHECK(perception->Networks() == "of these networks:of these networks");
}

TEST_CASE("A call whose caller has gone reaches neither the decoder nor the networks",
          "[call_turn]") {
  int runs = 0;
  pose::PoseReader reader = ReaderOf([&] { ++runs; });
  const v1::EstimatePoseRequest broken = PoseRequest("no picture");
  const auto gone = reader.Read(broken, [] { return false; });
  REQUIRE_FALSE(gone);
  CHECK(gone.error().reason == "ABANDONED");  // And not that it does not decode.
  CHECK(runs == 0);
}

TEST_CASE("Callers who go while they wait for the networks hold up nobody behind them",
          "[call_turn]") {
  std::atomic<int> runs = 0;
  std::atomic<bool> running = false, go_on = false, gone = false;
  pose::PoseReader reader = ReaderOf([&] {
    ++runs;
    running = true;
    while (!go_on) std::this_thread::yield();
  });
  const auto request = PoseRequest(Png(64, 48, 100));
  std::thread first([&] { CHECK(reader.Read(request)); });
  while (!running) std::this_thread::yield();
  std::vector<std::thread> abandoned;
  std::atomic<int> waiting = 0;
  for (int i = 0; i < 8; ++i) {
    abandoned.emplace_back([&] {
      bool counted = false;
      CHECK_FALSE(reader.Read(request, [&] {
        if (!std::exchange(counted, true)) ++waiting;
        return !gone;
      }));
    });
  }
  while (waiting < 8) std::this_thread::yield();
  gone = true;
  for (std::thread& call : abandoned) call.join();
  go_on = true;
  first.join();
  CHECK(reader.Read(request));
  CHECK(runs == 2);
}

TEST_CASE("What replaced networks read is read again by those that took their place",
          "[conditions]") {
  Bench bench;
  bench.perception.networks = "old";
  REQUIRE(bench.Prepare());
  const size_t read = bench.perception.posed.size();
  REQUIRE(bench.Prepare());
  CHECK(bench.perception.posed.size() == read);
  bench.perception.networks = "new";
  REQUIRE(bench.Prepare());
  CHECK(bench.perception.posed.size() == 2 * read);
  bench.perception.networks = "old";
  REQUIRE(bench.Prepare());
  CHECK(bench.perception.posed.size() == 2 * read);
}

/// Prepares nothing.
class NoExecutor : public runtime::BatchExecutor {
 public:
  int prepared = 0;
  Result<std::unique_ptr<runtime::PreparedJob>> Prepare(const v1::LeasedJob&,
                                                        std::stop_token) override {
    ++prepared;
    return std::make_unique<runtime::PreparedJob>();
  }
  void Paint(std::span<runtime::PreparedJob* const>, runtime::BatchEvents&) override {}
};

TEST_CASE("A worker is not ready while a service is away, and says which", "[away]") {
  generation::FakePerception perception;
  NoExecutor executor;
  generation::PerceptionGate gate(executor, perception);
  CHECK(gate.Ready({}));
  perception.away = Error{Code::kUnavailable, "SERVICE_AWAY", "the region service is away", ""};
  const Status ready = gate.Ready({});
  REQUIRE_FALSE(ready);
  CHECK(ready.error().message == "the region service is away");
  // A job that needs neither service is prepared all the same.
  CHECK(gate.Prepare({}, {}));
  CHECK(executor.prepared == 1);
}

TEST_CASE("Networks are known by their files and settings, wherever those lie", "[networks]") {
  const testing::TempDir a, b;
  testing::WriteFile(a.path() / "network", "weights");
  testing::WriteFile(b.path() / "moved", "weights");
  const auto identity = [](const std::filesystem::path& file, const std::string& settings) {
    return runtime::NetworksIdentity({file, ""}, settings).value();
  };
  const std::string known = identity(a.path() / "network", "auto");
  CHECK(identity(b.path() / "moved", "auto") == known);
  CHECK(identity(a.path() / "network", "rendered") != known);
  testing::WriteFile(a.path() / "network", "weight2");
  CHECK(identity(a.path() / "network", "auto") != known);
  CHECK(identity(a.path() / "gone", "auto") != known);
}

}  // namespace
}  // namespace atelier
