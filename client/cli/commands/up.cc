#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "client/cli/command.h"
#include "client/cli/studio_config.h"
#include "client/cli/studio_paths.h"
#include "client/doctor/folder_checks.h"
#include "client/local_file.h"
#include "client/supervisor/studio_plan.h"
#include "client/supervisor/supervisor.h"
#include "rpc/credentials.h"

namespace atelier::cli {

namespace {

namespace fs = std::filesystem;
using supervisor::StudioPlan;

/// A generation worker paints on for up to 20 s after SIGTERM and then hands its jobs back.
constexpr std::chrono::seconds kDrainGrace(30);

/// How a ready file begins.
constexpr std::string_view kReady = "ready server=";
constexpr size_t kLongestReadyLine = 4096;

struct Flags {
  bool json = false;
  supervisor::StudioOptions studio;
  /// Given on the command line, they win over the file.
  std::string listen;
  fs::path data;
  fs::path ready_file;
};

std::string ReadyLine(const StudioPlan& plan, const std::vector<supervisor::Listening>& ready) {
  std::string line = std::string(kReady) + plan.server_address + " metrics=" + plan.metrics_address;
  for (size_t i = 0; i < ready.size(); ++i) {
    if (i == supervisor::kServer) continue;
    line += " " + plan.children[i].name + "=" + std::to_string(ready[i].grpc_port) + "," +
            std::to_string(ready[i].metrics_port);
  }
  return line;
}

/// The ready line's facts as {"server": ADDRESS, "metrics": ADDRESS, CHILD: {"grpc", "metrics"}}.
std::string ReadyJson(const StudioPlan& plan, const std::vector<supervisor::Listening>& ready) {
  nlohmann::json json{{"server", plan.server_address}, {"metrics", plan.metrics_address}};
  for (size_t i = 0; i < ready.size(); ++i) {
    if (i == supervisor::kServer) continue;
    json[plan.children[i].name] = {{"grpc", ready[i].grpc_port},
                                   {"metrics", ready[i].metrics_port}};
  }
  return json.dump();
}

Status Supervise(const Flags& flags, const StudioPlan& plan) {
  boost::asio::io_context io;
  supervisor::SupervisorOptions options;
  options.children = plan.children;
  options.on_line = [](std::string_view child, std::string_view line) {
    std::fprintf(stderr, "%-10.*s | %.*s\n", static_cast<int>(child.size()), child.data(),
                 static_cast<int>(line.size()), line.data());
  };
  options.on_ready = [&](const std::vector<supervisor::Listening>& ready) {
    const std::string line = ReadyLine(plan, ready);
    // Before the line: whoever waits for that may read the file at once.
    if (!flags.ready_file.empty()) {
      const Status written = client::WriteFile(flags.ready_file, line + "\n");
      if (!written) Complain(written.error());
    }
    std::printf("%s\n", flags.json ? ReadyJson(plan, ready).c_str() : line.c_str());
    std::fflush(stdout);
    if (!rpc::IsLocal(flags.studio.listen)) {
      Note(
          "TOKENS_NEEDED",
          "callers need tokens, unless `access` says otherwise; `atelier tokens create` makes them "
          "with --token-file " +
              (flags.studio.data_dir / "administrator.token").string(),
          flags.json);
    }
  };
  options.drain_grace = kDrainGrace;
  supervisor::Supervisor supervisor(io, std::move(options));

  boost::asio::signal_set signals(io, SIGTERM, SIGINT);
  std::function<void(const boost::system::error_code&, int)> on_signal =
      [&](const boost::system::error_code& error, int) {
        if (error) return;
        std::fprintf(stderr, "atelier: ending; a second signal ends everything at once\n");
        supervisor.Stop();
        signals.async_wait(on_signal);
      };
  signals.async_wait(on_signal);
  return supervisor.Run();
}

/// Refuses a ready file that is something else, which would be lost.
Status CheckReadyFile(const fs::path& path) {
  ATELIER_RETURN_IF_ERROR(client::CheckWritable(path));
  if (!IsRegularOutput(path)) return {};
  const auto text = client::ReadFile(path, kLongestReadyLine);
  if (text && (text->empty() || text->starts_with(kReady))) return {};
  return MakeError(Code::kAlreadyExists, std::string(client::kLocalFileReason),
                   path.string() + " is there already and is no ready file of `atelier up`");
}

/// Says in one line, before any process is started, what none of them could do anything about.
Status CheckNotTaken(const StudioPlan& plan, const fs::path& data) {
  const auto cannot_start = [](const std::string& why) {
    return MakeError(Code::kFailedPrecondition, "CANNOT_START", "the studio cannot start: " + why);
  };
  if (const doctor::Finding found = doctor::CheckData(data, /*server_runs=*/false);
      found.severity == doctor::Severity::kProblem) {
    return cannot_start(found.text);
  }
  if (const Status listens = supervisor::CheckListens(plan); !listens) {
    return cannot_start(listens.error().message +
                        "; end it or choose other ports with --listen (doctor shows all)");
  }
  return {};
}

Status Up(Flags flags) {
  ATELIER_RETURN_IF_ERROR(FillFromFile(flags.listen, flags.data, flags.studio));
  if (flags.studio.bin_dir.empty()) flags.studio.bin_dir = ProgramFolder();
  if (flags.studio.models.empty()) flags.studio.models = DefaultModels(flags.studio.bin_dir);
  if (!flags.ready_file.empty()) ATELIER_RETURN_IF_ERROR(CheckReadyFile(flags.ready_file));
  ATELIER_ASSIGN_OR_RETURN(const StudioPlan plan, supervisor::PlanStudio(flags.studio));
  std::error_code error;
  fs::create_directories(flags.studio.data_dir, error);
  if (error) {
    return MakeError(Code::kPermissionDenied, std::string(client::kLocalFileReason),
                     flags.studio.data_dir.string() + ": " + error.message());
  }
  ATELIER_RETURN_IF_ERROR(CheckNotTaken(plan, flags.studio.data_dir));
  // Left over from a run before: it would tell of a studio that is not there. Not before it is
  // certain that no other studio runs here, whose file it would be.
  if (IsRegularOutput(flags.ready_file)) fs::remove(fs::canonical(flags.ready_file, error), error);
  // For one process, not for four that inherit them.
  for (const char* name : {"ATELIER_CONFIG", "ATELIER_HEALTH_LISTEN"}) ::unsetenv(name);
  return Supervise(flags, plan);
}

}  // namespace

void AddUp(CLI::App& app, Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App& command =
      *app.add_subcommand("up", "Run the whole studio on this machine until Ctrl-C or SIGTERM");
  auto& studio = flags->studio;
  command.add_flag("--json", flags->json, "Print where it listens as JSON on stdout, once ready");
  command.add_option("--config", studio.config_file,
                     "YAML file with the settings of the processes: sections server, pose, region "
                     "and generation");
  command.add_option("--data", flags->data,
                     "Folder for jobs and pictures; default: the file's, else atelier-data");
  command.add_option("--models", studio.models,
                     "Model folders; the first is the default. Default: the file's, else "
                     "models/atelier-mini");
  command.add_option(
      "--listen", flags->listen,
      "Address of the public API; the other ports follow it. Port 0: any free ports. "
      "Default: the file's, else 127.0.0.1:7460");
  command.add_flag("--insecure", studio.insecure,
                   "Serve the public API without TLS beyond this machine, too");
  command.add_option("--bin-dir", studio.bin_dir,
                     "Folder of the other programs; default: this one's");
  command.add_option("--ready-file", flags->ready_file, "Written when every process is ready");
  command.add_option("--device", studio.device, "cpu, cuda or cuda:N, for the generation worker");
  command.add_option("--dtype", studio.dtype,
                     "float32, tf32, bfloat16 or float16, for the generation worker");
  command.add_option("--threads", studio.threads, "CPU threads of the generation worker");
  command.add_option("--max-batch", studio.max_batch, "Most jobs the generation worker batches");
  OnCommand(command, context, flags, [](const Flags& given) {
    const Status status = Up(given);
    return status ? ExitCode::kOk : Complain(status.error(), given.json);
  });
}

}  // namespace atelier::cli
