#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "client/cli/command.h"
#include "client/cli/studio_config.h"
#include "client/cli/studio_paths.h"
#include "client/doctor/config_checks.h"
#include "client/doctor/folder_checks.h"
#include "client/doctor/machine_checks.h"
#include "client/doctor/service_checks.h"

namespace atelier::cli {

namespace {

namespace fs = std::filesystem;
using doctor::Finding;
using doctor::Findings;
using doctor::Severity;

/// The gRPC and metrics ports of the four processes of `atelier up`.
constexpr int kStudioPorts = 8;

struct Flags : CommonFlags {
  bool remote = false;
  std::string listen;
  fs::path data;
  supervisor::StudioOptions studio;
  doctor::ConfigFiles configs;
};

fs::path BinDir(const Flags& flags) {
  return flags.studio.bin_dir.empty() ? ProgramFolder() : flags.studio.bin_dir;
}

/// What `atelier up` with these flags would need of this machine.
void CheckStudio(const Flags& flags, Findings& findings) {
  supervisor::StudioOptions studio = flags.studio;
  if (const Status read = FillFromFile(flags.listen, flags.data, studio); !read) {
    findings.push_back({Severity::kProblem, "config", read.error().message});
    return;
  }
  const fs::path bin_dir = BinDir(flags);
  findings.push_back(doctor::CheckPrograms(bin_dir));
  const auto models = studio.models.empty() ? DefaultModels(bin_dir) : studio.models;
  for (const fs::path& model : models) {
    for (Finding& finding : doctor::CheckModel(bin_dir, model)) {
      findings.push_back(std::move(finding));
    }
  }
  if (models.empty()) {
    findings.push_back(
        {Severity::kProblem, "model", "models/atelier-mini is not there; name one with --models"});
  }
  const bool runs = health::AskHealth({studio.listen}) == health::Health::kServing;
  findings.push_back(doctor::CheckData(studio.data_dir, runs));
  findings.push_back(doctor::CheckDiskSpace(studio.data_dir));
  if (runs) {
    findings.push_back({Severity::kOk, "server", studio.listen + " serves"});
    client::ClientOptions options = flags.client();
    options.server = studio.listen;
    findings.push_back(doctor::CheckWorkers(options));
    return;
  }
  for (Finding& finding : doctor::CheckPorts(studio.listen, kStudioPorts)) {
    findings.push_back(std::move(finding));
  }
}

ExitCode Examine(const Flags& flags) {
  Findings findings;
  if (flags.remote) {
    rpc::ChannelSecurity security;
    security.ca_file = flags.ca_file;
    security.cert_file = flags.cert_file;
    security.key_file = flags.key_file;
    findings.push_back(doctor::CheckService("server", flags.server, security));
    if (findings.back().severity == Severity::kOk) {
      findings.push_back(doctor::CheckWorkers(flags.client()));
    }
  } else {
    findings.push_back(doctor::CheckProcessor());
    findings.push_back(doctor::CheckMemory());
    const doctor::ConfigFiles& files = flags.configs;
    const bool any_file = !files.server.empty() || !files.pose.empty() || !files.region.empty() ||
                          !files.generation.empty();
    if (!any_file) CheckStudio(flags, findings);
    for (Finding& finding : doctor::CheckConfigs(
             files, [](const char* name) { return std::getenv(name); }, BinDir(flags))) {
      findings.push_back(std::move(finding));
    }
  }
  std::fputs((flags.json ? doctor::ToJson(findings) : doctor::ToText(findings)).c_str(), stdout);
  const bool well = doctor::CountOf(findings, Severity::kProblem) == 0;
  return well ? ExitCode::kOk : ExitCode::kProblemsFound;
}

}  // namespace

void AddDoctor(CLI::App& app, Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App& command = *app.add_subcommand(
      "doctor",
      "Say what is wrong: with this machine for `atelier up`, with settings files, or with a "
      "server elsewhere. Changes nothing");
  AddCommonFlags(command, *flags);
  command.add_flag("--remote", flags->remote, "Look at the server of --server alone");
  auto& studio = flags->studio;
  command.add_option("--config", studio.config_file, "As for `up`");
  command.add_option("--listen", flags->listen, "As for `up`");
  command.add_option("--data", flags->data, "As for `up`");
  command.add_option("--models", studio.models, "As for `up`");
  command.add_option("--bin-dir", studio.bin_dir, "As for `up`");
  auto& configs = flags->configs;
  command.add_option("--server-config", configs.server, "Settings file of atelier-server");
  command.add_option("--pose-config", configs.pose, "Settings file of atelier-pose");
  command.add_option("--region-config", configs.region, "Settings file of atelier-region");
  command.add_option("--generation-config", configs.generation,
                     "Settings file of atelier-generation");
  OnCommand(command, context, flags, Examine);
}

}  // namespace atelier::cli
