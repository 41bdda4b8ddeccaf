// `atelier`: the command line of Atelier. Exit codes: exit_code.h.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "client/cli/command.h"

int main(int argc, char** argv) {
  using namespace atelier::cli;

  CLI::App app("Atelier paints people: a person's picture and a pose in, that person in it out.",
               "atelier");
  app.require_subcommand(1);
  // Before the commands: they take the footer over into their own help.
  app.footer("Exit codes:\n" + ExitCodeHelp());
  Context context;
  AddUp(app, context);
  AddSynthesize(app, context);
  AddPose(app, context);
  AddRegions(app, context);
  AddJobs(app, context);
  AddAssets(app, context);
  AddModels(app, context);
  AddDoctor(app, context);
  AddCompletion(app, context);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 answers 0 for --help and numbers of its own for everything else.
    return static_cast<int>(app.exit(error) == 0 ? ExitCode::kOk : ExitCode::kUsage);
  }
  return static_cast<int>(context.run());
}
