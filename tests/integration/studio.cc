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

std::unique_ptr<Process> Studio::Start(const std::string& program, std::vector<std::string> flags) {
  flags.insert(flags.begin(), std::string(ATELIER_BINARY_DIR) + "/" + program);
  const auto log = dir() / (program + "." + std::to_string(++starts_));
  logs_.push_back(log);
  auto process = std::make_unique<Process>(flags, log);
  const std::string line = process->WaitForLine("listening ");
  const auto ended = line.empty() ? process->Wait(std::chrono::milliseconds(0)) : std::nullopt;
  INFO(program << (ended ? " ended with " + std::to_string(*ended) : " runs") << ": "
               << process->Stderr());
  REQUIRE_FALSE(line.empty());
  return process;
}

std::vector<std::string> Studio::WithModels(std::vector<std::string> flags) const {
  for (const auto& model : options_.models) {
    flags.insert(flags.end(), {"--model", model.string()});
  }
  return flags;
}

void Studio::StartServer() {
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
  server_ = Start("atelier-server", std::move(flags));
}

void Studio::StartPose() {
  std::vector<std::string> flags = {"--listen", kAnyPort, "--metrics-listen", kAnyPort};
  flags.insert(flags.end(), options_.pose_flags.begin(), options_.pose_flags.end());
  pose_ = Start("atelier-pose", WithModels(flags));
  pose_address_ =
      LocalAddress(supervisor::ParseListening(pose_->WaitForLine("listening "))->grpc_port);
}

void Studio::StartRegion() {
  region_ =
      Start("atelier-region", WithModels({"--listen", kAnyPort, "--metrics-listen", kAnyPort}));
  region_address_ =
      LocalAddress(supervisor::ParseListening(region_->WaitForLine("listening "))->grpc_port);
}

void Studio::StartGeneration() {
  generation_.reset();
  generation_ = Start("atelier-generation",
                      WithModels({"--listen", kAnyPort, "--metrics-listen", kAnyPort, "--server",
                                  dispatch_address(), "--pose", pose_address_, "--region",
                                  region_address_, "--threads", "1"}));
  generation_metrics_address_ = LocalAddress(
      supervisor::ParseListening(generation_->WaitForLine("listening "))->metrics_port);
}

void Studio::StartAll() {
  StartPose();
  StartRegion();
  StartServer();
  StartGeneration();
}

std::string Studio::ServerMetrics() const { return HttpGet(server_metrics_address_, "/metrics"); }
std::string Studio::GenerationMetrics() const {
  return HttpGet(generation_metrics_address_, "/metrics");
}

}  // namespace atelier::testing
