#include "client/doctor/config_checks.h"

#include <set>

#include "atelier/config/v1/generation.pb.h"
#include "atelier/config/v1/pose.pb.h"
#include "atelier/config/v1/region.pb.h"
#include "atelier/config/v1/server.pb.h"
#include "client/doctor/folder_checks.h"
#include "client/doctor/machine_checks.h"
#include "client/doctor/service_checks.h"

namespace atelier::doctor {
namespace {

class ConfigChecker {
 public:
  ConfigChecker(const config::Environment& environment, const std::filesystem::path& bin_dir,
                Findings& findings)
      : environment_(environment), bin_dir_(bin_dir), findings_(findings) {}

  /// False, with a finding, when the file or the environment is wrong.
  bool Read(const std::string& file, google::protobuf::Message& config) {
    const auto read = config::ReadSettings({file, environment_, {}}, config);
    if (!read) {
      Add({Severity::kProblem, "config", read.error().message});
      return false;
    }
    Add({Severity::kOk, "config", file + " reads"});
    return true;
  }

  /// Whether the process itself already serves on its address; else its ports must be free.
  template <typename Config>
  bool Listens(const Config& config) {
    const bool fixed_port = !config.listen().ends_with(":0");
    if (fixed_port && health::AskHealth({Reachable(config.listen())}) == health::Health::kServing) {
      Add({Severity::kOk, "port", config.listen() + " is served already"});
      return true;
    }
    for (const std::string& address :
         {config.listen(), config.metrics_listen(), config.health_listen()}) {
      if (address.empty()) continue;
      for (Finding& finding : CheckPorts(address, 1)) Add(std::move(finding));
    }
    return false;
  }

  /// Once for all processes that name it: a look takes half a second.
  void Model(const std::string& folder) {
    if (!models_.insert(folder).second) return;
    for (Finding& finding : CheckModel(bin_dir_, folder)) Add(std::move(finding));
  }

  void Add(Finding finding) { findings_.push_back(std::move(finding)); }

 private:
  /// Where this machine reaches what listens on every interface.
  static std::string Reachable(const std::string& listen) {
    const std::string port = listen.substr(listen.rfind(':'));
    return listen.starts_with("0.0.0.0:") || listen.starts_with("[::]:") ? "127.0.0.1" + port
                                                                         : listen;
  }

  const config::Environment& environment_;
  const std::filesystem::path& bin_dir_;
  std::set<std::string> models_;
  Findings& findings_;
};

template <typename Config>
void CheckPerception(const std::string& file, ConfigChecker& checker) {
  Config config;
  if (file.empty() || !checker.Read(file, config)) return;
  checker.Listens(config);
  for (const std::string& model : config.model()) checker.Model(model);
}

}  // namespace

Findings CheckConfigs(const ConfigFiles& files, const config::Environment& environment,
                      const std::filesystem::path& bin_dir) {
  Findings findings;
  ConfigChecker checker(environment, bin_dir, findings);
  CheckPerception<config::v1::PoseConfig>(files.pose, checker);
  CheckPerception<config::v1::RegionConfig>(files.region, checker);
  config::v1::ServerConfig server;
  if (!files.server.empty() && checker.Read(files.server, server)) {
    const bool runs = checker.Listens(server);
    checker.Add(CheckData(server.data(), runs));
    checker.Add(CheckDiskSpace(server.data()));
    const rpc::ChannelSecurity security = rpc::ChannelSecurityOf(server, nullptr);
    checker.Add(CheckService("pose", server.pose(), security));
    checker.Add(CheckService("region", server.region(), security));
  }
  config::v1::GenerationConfig generation;
  if (!files.generation.empty() && checker.Read(files.generation, generation)) {
    checker.Listens(generation);
    for (const std::string& model : generation.model()) checker.Model(model);
    const rpc::ChannelSecurity security = rpc::ChannelSecurityOf(generation, nullptr);
    checker.Add(CheckService("server", generation.server(), security));
    checker.Add(CheckService("pose", generation.pose(), security));
    checker.Add(CheckService("region", generation.region(), security));
  }
  return findings;
}

}  // namespace atelier::doctor
