#include "integration/studio.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

#include "client/supervisor/studio_plan.h"

namespace atelier::testing {

namespace {

constexpr auto kAnyPort = "127.0.0.1:0";

std::string LocalAddress(int port) { return "127.0.0.1:" + std::to_string(port); }

/// REQUIREs that a launched process listens; where.
supervisor::Listening AwaitListening(Process& process) {
  const std::string line = process.WaitForLine("listening ");
  const auto ended = line.empty() ? process.Wait(std::chrono::milliseconds(0)) : std::nullopt;
  INFO((ended ? "ended with " + std::to_string(*ended) : "runs") << ": " << process.Stderr());
  const auto listening = supervisor::ParseListening(line);
  REQUIRE(listening.has_value());
  return *listening;
}

}  // namespace

std::filesystem::path TinyModel() { return ATELIER_TINY_MODEL; }
std::filesystem::path TinySmplModel() { return ATELIER_TINY_MODEL "-smpl"; }
std::filesystem::path TinyBlindModel() { return ATELIER_TINY_MODEL "-blind"; }
std::filesystem::path TinyFpdmModel() { return ATELIER_TINY_MODEL "-fpdm"; }
std::filesystem::path TinyPublishedModel() { return ATELIER_TINY_MODEL "-published"; }

TinyModelFacts ReadTinyModelFacts(const std::filesystem::path& model) {
  std::ifstream file(model / "model.json");
  const auto json = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  REQUIRE(json.is_object());
  return {.name = json.value("name", ""),
          .height = json.value("height", 0),
          .width = json.value("width", 0)};
}

Studio::Studio(StudioOptions options) : options_(std::move(options)) {
  const auto ports = supervisor::FreePorts(2);
  REQUIRE(ports.has_value());
  server_address_ = LocalAddress((*ports)[0]);
  server_metrics_address_ = LocalAddress((*ports)[1]);
  // Servers that are started before the pose and region workers need addresses that nobody answers.
  pose_address_ = region_address_ = "127.0.0.1:1";
  client::ClientOptions client_options;
  client_options.server = server_address_;
  client_ = std::make_unique<client::Client>(client_options);
}

Studio::~Studio() {
  // A failed REQUIRE is an exception on its way out; a failed CHECK is not seen from here.
  if (std::uncaught_exceptions() == 0 && std::getenv("ATELIER_TEST_LOGS") == nullptr) return;
  for (const auto& log : logs_) {
    std::ifstream file(log.string() + ".err");
    std::cerr << "---- " << log.filename().string() << "\n" << file.rdbuf();
  }
}

std::unique_ptr<Process> Studio::Launch(const std::string& program,
                                        std::vector<std::string> flags) {
  flags.insert(flags.begin(), std::string(ATELIER_BINARY_DIR) + "/" + program);
  const auto log = dir() / (program + "." + std::to_string(++starts_));
  logs_.push_back(log);
  return std::make_unique<Process>(flags, log);
}

std::vector<std::string> Studio::WithModels(std::vector<std::string> flags) const {
  for (const auto& model : options_.models) {
    flags.insert(flags.end(), {"--model", model.string()});
  }
  return flags;
}

void Studio::LaunchServer() {
  server_.reset();
  std::vector<std::string> flags = {
      "--listen",         server_address_,
      "--metrics-listen", server_metrics_address_,
      "--data",           (dir() / "data").string(),
      "--pose",           pose_address_,
      "--region",         region_address_,
      "--default-model",  ReadTinyModelFacts(options_.models.front()).name,
      "--lease-seconds",  std::to_string(options_.lease_seconds),
      "--max-attempts",   std::to_string(options_.max_attempts)};
  flags.insert(flags.end(), options_.server_flags.begin(), options_.server_flags.end());
  server_ = Launch("atelier-server", std::move(flags));
}

void Studio::LaunchPose() {
  std::vector<std::string> flags = {"--listen", kAnyPort, "--metrics-listen", kAnyPort};
  flags.insert(flags.end(), options_.pose_flags.begin(), options_.pose_flags.end());
  pose_ = Launch("atelier-pose", WithModels(flags));
}

void Studio::LaunchRegion() {
  region_ =
      Launch("atelier-region", WithModels({"--listen", kAnyPort, "--metrics-listen", kAnyPort}));
}

void Studio::LaunchGeneration() {
  generation_.reset();
  generation_ = Launch("atelier-generation",
                       WithModels({"--listen", kAnyPort, "--metrics-listen", kAnyPort, "--server",
                                   dispatch_address(), "--pose", pose_address_, "--region",
                                   region_address_, "--threads", "1"}));
}

void Studio::AwaitPose() { pose_address_ = LocalAddress(AwaitListening(*pose_).grpc_port); }

void Studio::AwaitRegion() { region_address_ = LocalAddress(AwaitListening(*region_).grpc_port); }

void Studio::AwaitGeneration() {
  generation_metrics_address_ = LocalAddress(AwaitListening(*generation_).metrics_port);
}

void Studio::StartServer() {
  LaunchServer();
  AwaitListening(*server_);
}

void Studio::StartPose() {
  LaunchPose();
  AwaitPose();
}

void Studio::StartRegion() {
  LaunchRegion();
  AwaitRegion();
}

void Studio::StartGeneration() {
  LaunchGeneration();
  AwaitGeneration();
}

void Studio::StartAll() {
  LaunchPose();
  LaunchRegion();
  AwaitPose();
  AwaitRegion();
  LaunchServer();
  LaunchGeneration();
  AwaitListening(*server_);
  AwaitGeneration();
}

Studio& SharedStudio() {
  static const std::unique_ptr<Studio> studio = [] {
    auto started = std::make_unique<Studio>();
    started->StartAll();
    return started;
  }();
  return *studio;
}

std::string Studio::ServerMetrics() const { return HttpGet(server_metrics_address_, "/metrics"); }
std::string Studio::GenerationMetrics() const {
  return HttpGet(generation_metrics_address_, "/metrics");
}

}  // namespace atelier::testing
