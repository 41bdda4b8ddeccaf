#include <cstdio>

#include "client/cli/command.h"
#include "client/cli/completion_scripts.h"

namespace atelier::cli {

namespace {

struct Flags {
  std::string shell;
};

}  // namespace

void AddCompletion(CLI::App& app, Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App& command = *app.add_subcommand(
      "completion", "Print a shell's completion of this program, to be sourced");
  command.add_option("shell", flags->shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  OnCommand(command, context, flags, [&app](const Flags& given) {
    const std::string script = given.shell == "bash"  ? BashCompletion(app)
                               : given.shell == "zsh" ? ZshCompletion(app)
                                                      : FishCompletion(app);
    std::fputs(script.c_str(), stdout);
    return ExitCode::kOk;
  });
}

}  // namespace atelier::cli
