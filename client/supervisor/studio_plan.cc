#include "client/supervisor/studio_plan.h"

#include <sys/un.h>

#include <boost/asio/ip/tcp.hpp>
#include <charconv>
#include <fstream>
#include <list>
#include <nlohmann/json.hpp>
#include <string_view>

#include "system/listen_check.h"

namespace atelier::supervisor {

namespace {

namespace fs = std::filesystem;
using boost::asio::ip::tcp;

// gRPC and metrics of four processes.
constexpr int kPortCount = 8;
constexpr auto kLoopback = "127.0.0.1";
constexpr std::string_view kUnixScheme = "unix:";

struct HostPort {
  std::string host;
  int port = 0;
};

Result<HostPort> ParseAddress(const std::string& address) {
  const size_t colon = address.rfind(':');
  HostPort parsed;
  if (colon != std::string::npos && colon > 0) {
    parsed.host = address.substr(0, colon);
    const char* end = address.data() + address.size();
    const auto read = std::from_chars(address.data() + colon + 1, end, parsed.port);
    const bool in_range = parsed.port >= 0 && parsed.port + kPortCount <= 65536;
    if (read.ec == std::errc() && read.ptr == end && in_range) return parsed;
  }
  return InvalidField("listen", "host:port with a port of 0 to 65528", address);
}

Result<std::vector<int>> PortsFor(const HostPort& listen) {
  if (listen.port == 0) return FreePorts(kPortCount);
  std::vector<int> ports;
  for (int i = 0; i < kPortCount; ++i) ports.push_back(listen.port + i);
  return ports;
}

/// Where the processes of this machine reach a server that listens on `host`.
std::string ReachableHost(const std::string& host) {
  return host == "0.0.0.0" || host == "[::]" ? kLoopback : host;
}

/// Where the workers of this machine reach a listener on `address`.
std::string ReachableAddress(const std::string& address) {
  if (address.starts_with(kUnixScheme)) return address;
  const size_t colon = address.rfind(':');
  return ReachableHost(address.substr(0, colon)) + address.substr(colon);
}

/// Where workers fetch their jobs.
Result<std::string> DispatchOf(const StudioOptions& options) {
  if (!options.dispatch_listen.empty()) return options.dispatch_listen;
  const fs::path socket = fs::absolute(options.data_dir).lexically_normal() / "dispatch.sock";
  if (socket.string().size() < sizeof(sockaddr_un::sun_path)) {
    return std::string(kUnixScheme) + socket.string();
  }
  ATELIER_ASSIGN_OR_RETURN(const std::vector<int> port, FreePorts(1));
  return std::string(kLoopback) + ":" + std::to_string(port.front());
}

Status CheckPrograms(const StudioOptions& options) {
  std::error_code error;
  for (const char* name :
       {"atelier-pose", "atelier-region", "atelier-server", "atelier-generation"}) {
    if (fs::is_regular_file(options.bin_dir / name, error)) continue;
    return MakeError(Code::kNotFound, "LOCAL_FILE",
                     "there is no program " + (options.bin_dir / name).string());
  }
  if (options.models.empty()) {
    return MakeError(Code::kNotFound, "LOCAL_FILE", "no model folder was given or found");
  }
  for (const fs::path& model : options.models) {
    if (fs::is_regular_file(model / "model.json", error)) continue;
    return MakeError(Code::kNotFound, "LOCAL_FILE",
                     model.string() + " is no model folder: it has no model.json");
  }
  return {};
}

/// The name a model's own model.json gives it; its folder's name when it gives none.
std::string NameOf(const fs::path& model) {
  std::ifstream file(model / "model.json");
  const auto json = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (json.is_object() && json.contains("name") && json["name"].is_string()) return json["name"];
  const fs::path clean = model.lexically_normal();
  return (clean.has_filename() ? clean : clean.parent_path()).filename().string();
}

void AddGenerationTuning(const StudioOptions& options, std::vector<std::string>& command) {
  const auto add = [&](const char* flag, const std::string& value) {
    command.insert(command.end(), {flag, value});
  };
  if (!options.device.empty()) add("--device", options.device);
  if (!options.dtype.empty()) add("--dtype", options.dtype);
  if (options.threads > 0) add("--threads", std::to_string(options.threads));
  if (options.max_batch > 0) add("--max-batch", std::to_string(options.max_batch));
}

}  // namespace

Result<std::vector<int>> FreePorts(int count) {
  boost::system::error_code error;
  boost::asio::io_context io;
  // All are bound before the first is let go, so that no two are the same.
  std::list<tcp::acceptor> acceptors;
  std::vector<int> ports;
  for (int i = 0; i < count; ++i) {
    tcp::acceptor& acceptor = acceptors.emplace_back(io);
    acceptor.open(tcp::v4(), error);
    if (!error) acceptor.bind(tcp::endpoint(tcp::v4(), 0), error);
    if (error) return MakeError(Code::kUnavailable, "NO_PORT", "no free port: " + error.message());
    ports.push_back(acceptor.local_endpoint(error).port());
  }
  return ports;
}

Status CheckListens(const StudioPlan& plan) {
  for (const std::string& address : plan.listens) {
    ATELIER_RETURN_IF_ERROR(CheckCanListen(address));
  }
  return {};
}

Result<StudioPlan> PlanStudio(const StudioOptions& options) {
  ATELIER_ASSIGN_OR_RETURN(const HostPort listen, ParseAddress(options.listen));
  ATELIER_RETURN_IF_ERROR(CheckPrograms(options));
  ATELIER_ASSIGN_OR_RETURN(const std::vector<int> ports, PortsFor(listen));

  const auto at = [&](const std::string& host, int i) {
    return host + ":" + std::to_string(ports[i]);
  };
  const std::string server = at(ReachableHost(listen.host), 0);
  // The workers know no tokens and no limits: whatever the API listens on, they are this machine's.
  const std::string pose = at(kLoopback, 2);
  const std::string region = at(kLoopback, 4);
  const std::string generation = at(kLoopback, 6);
  const auto metrics = [&](int i) { return at(listen.host, i); };
  const auto program = [&](const char* name) { return (options.bin_dir / name).string(); };

  ATELIER_ASSIGN_OR_RETURN(const std::string dispatch, DispatchOf(options));
  const fs::path secret = options.worker_secret_file.empty()
                              ? fs::absolute(options.data_dir) / "worker.secret"
                              : options.worker_secret_file;
  StudioPlan plan;
  plan.server_address = server;
  plan.metrics_address = at(ReachableHost(listen.host), 1);
  plan.children = {
      {"pose", {program("atelier-pose"), "--listen", pose, "--metrics-listen", metrics(3)}},
      {"region", {program("atelier-region"), "--listen", region, "--metrics-listen", metrics(5)}},
      {"server",
       {program("atelier-server"), "--listen", at(listen.host, 0), "--metrics-listen", metrics(1),
        "--data", options.data_dir.string(), "--pose", pose, "--region", region,
        "--dispatch-listen", dispatch}},
      {"generation",
       {program("atelier-generation"), "--listen", generation, "--metrics-listen", metrics(7),
        "--server", ReachableAddress(dispatch), "--pose", pose, "--region", region}},
  };
  const auto add = [&](StudioChild child, const std::string& flag, const std::string& value) {
    plan.children[child].command.push_back(flag);
    plan.children[child].command.push_back(value);
  };
  for (const fs::path& model : options.models) {
    if (!options.file_has_pose_model) add(kPose, "--model", model.string());
    if (!options.file_has_region_model) add(kRegion, "--model", model.string());
    add(kGeneration, "--model", model.string());
  }
  if (!options.file_has_default_model) {
    add(kServer, "--default-model", NameOf(options.models.front()));
  }
  if (options.insecure) add(kServer, "--insecure", "true");
  // Beside the server's own socket it finds it by itself.
  const bool beside = dispatch.starts_with(kUnixScheme) && options.worker_secret_file.empty() &&
                      options.dispatch_listen.empty();
  if (!beside) add(kGeneration, "--worker-secret-file", secret.string());
  for (const StudioChild child : {kPose, kRegion, kServer, kGeneration}) {
    if (!options.config_file.empty()) add(child, "--studio-config", options.config_file.string());
  }
  AddGenerationTuning(options, plan.children[kGeneration].command);
  plan.listens = {at(listen.host, 0), metrics(1), pose,      metrics(3), region,
                  metrics(5),         generation, metrics(7)};
  return plan;
}

}  // namespace atelier::supervisor
