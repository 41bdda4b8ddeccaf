// The commands of `atelier`. Each adds its flags to the parser and leaves in `run` what is to be
// done when it was the one named on the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client/cli/exit_code.h"
#include "client/client.h"

namespace google::protobuf {
class Message;
}

namespace atelier::cli {

struct Context {
  std::function<ExitCode()> run;
};

void AddUp(CLI::App& app, Context& context);
void AddSynthesize(CLI::App& app, Context& context);
void AddEdit(CLI::App& app, Context& context);
void AddSequence(CLI::App& app, Context& context);
void AddPose(CLI::App& app, Context& context);
void AddRegions(CLI::App& app, Context& context);
void AddJobs(CLI::App& app, Context& context);
/// `jobs download`, a command of `jobs`.
void AddJobsDownload(CLI::App& jobs, Context& context);
void AddAssets(CLI::App& app, Context& context);
void AddModels(CLI::App& app, Context& context);
void AddMigrate(CLI::App& app, Context& context);
void AddDoctor(CLI::App& app, Context& context);
void AddTokens(CLI::App& app, Context& context);
void AddTenants(CLI::App& app, Context& context);
/// After every other command: it completes what is there when it runs.
void AddCompletion(CLI::App& app, Context& context);

/// Adds --server (environment ATELIER_SERVER), --tenant (ATELIER_TENANT), --token-file
/// (ATELIER_TOKEN_FILE), --ca-file (ATELIER_CA_FILE), --cert-file, --key-file, --insecure,
/// --timeout and --json to `command`.
struct CommonFlags {
  std::string server = "127.0.0.1:7460";
  /// Empty: the server's default.
  std::string tenant;
  /// File with a token; empty: that of the environment's ATELIER_TOKEN, if any.
  std::string token_file;
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  bool insecure = false;
  /// Seconds that every call waits for a server that is away or drains.
  std::optional<double> timeout;
  bool json = false;

  /// They say on stderr when a call begins to wait for the server, and when it is back.
  client::ClientOptions client() const;
};
void AddCommonFlags(CLI::App& command, CommonFlags& flags);

/// A line on stderr: "atelier: MESSAGE", or {"notice": {"reason", "message"}} with `json`.
void Note(std::string_view reason, const std::string& message, bool json);

/// Prints a message as JSON on stdout. Take big bytes out of it before.
void PrintJson(const google::protobuf::Message& message);

/// The same on one line, which is sent off at once. LOCAL_FILE when nobody takes it.
Status PrintJsonLine(const google::protobuf::Message& message);

/// A job on stdout: as JSON without its preview, or its name, state and pictures as lines.
void PrintJob(const v1::Job& job, bool json);

/// Sends off what stdio holds for standard output. LOCAL_FILE when not all of it arrived, now or
/// before.
Status FlushStandardOutput();

/// "abc" and "jobs/abc" are the same job.
std::string FullJobName(const std::string& name);

/// How to see the next page of a list; nothing on the last one.
void PrintNextPage(const std::string& token);

/// What was done to `name` on stdout, {"deleted": NAME} as JSON; or the complaint.
ExitCode PrintDone(const Status& status, const std::string& done, const std::string& name,
                   bool json);

/// Registers `action(flags)` for `command`, whose flags live as long as the parser.
template <typename Flags, typename Action>
void OnCommand(CLI::App& command, Context& context, std::shared_ptr<Flags> flags, Action action) {
  command.callback(
      [&context, flags, action] { context.run = [flags, action] { return action(*flags); }; });
}

}  // namespace atelier::cli
