// `atelier`: the command line of Atelier. Exit codes: exit_code.h.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <string>

#include "base/version.h"
#include "client/cli/command.h"

namespace {

/// A standard stream that was closed would be the number of the next file or connection, which
/// everything that is printed would then go into. Writing to this one is an error instead.
void FillStandardStreams() {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    if (::fcntl(stream, F_GETFD) < 0) (void)::open("/dev/null", O_RDONLY);
  }
}

}  // namespace

int main(int argc, char** argv) {
  FillStandardStreams();
  using namespace atelier::cli;

  CLI::App app("Atelier paints people: a person's picture and a pose in, that person in it out.",
               "atelier");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("atelier ") + atelier::kVersion,
                       "Print the version and end");
  // Before the commands: they take the footer over into their own help.
  app.footer("Exit codes:\n" + ExitCodeHelp());
  Context context;
  AddUp(app, context);
  AddSynthesize(app, context);
  AddEdit(app, context);
  AddSequence(app, context);
  AddPose(app, context);
  AddRegions(app, context);
  AddJobs(app, context);
  AddAssets(app, context);
  AddModels(app, context);
  AddMigrate(app, context);
  AddDoctor(app, context);
  AddTokens(app, context);
  AddTenants(app, context);
  AddCompletion(app, context);

  // A reader that goes away is an error of the write that meets it.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 answers 0 for --help and numbers of its own for everything else.
    const bool asked_for = app.exit(error) == 0;
    std::cout.flush();
    context.run = [asked_for] { return asked_for ? ExitCode::kOk : ExitCode::kUsage; };
  }
  const ExitCode code = context.run();
  const atelier::Status flushed = FlushStandardOutput();
  const bool complain = !flushed && code == ExitCode::kOk;
  return static_cast<int>(complain ? Complain(flushed.error()) : code);
}
