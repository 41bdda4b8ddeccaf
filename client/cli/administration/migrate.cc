#include <cstdio>
#include <filesystem>
#include <string>

#include "client/cli/command.h"
#include "client/cli/studio_paths.h"
#include "client/supervisor/run_program.h"

namespace atelier::cli {
namespace {

namespace fs = std::filesystem;

// server/migration/main.cc says what it exits with.
constexpr int kMoved = 0, kUnreachable = 2;

struct Flags {
  std::string from, to;
  fs::path bin_dir;
};

/// `output` less the line's end.
std::string Line(std::string output) {
  while (!output.empty() && output.back() == '\n') output.pop_back();
  return output;
}

ExitCode Migrate(const Flags& flags) {
  const fs::path bin_dir = flags.bin_dir.empty() ? ProgramFolder() : flags.bin_dir;
  const std::string program = (bin_dir / "atelier-migrate").string();
  // Joined, so that a value that begins with a dash is not taken for a flag.
  const auto output = supervisor::RunProgram({program, "--from=" + flags.from, "--to=" + flags.to});
  if (!output) return Complain({output.error().code, "LOCAL_FILE", output.error().message});
  const supervisor::ExitStatus& status = output->status;
  if (status.signal == 0 && status.code == kMoved) {
    std::printf("%s\n", Line(output->out).c_str());
    return ExitCode::kOk;
  }
  std::string said = Line(output->err);
  if (said.empty()) said = program + " " + supervisor::Describe(status);
  std::fprintf(stderr, "atelier: %s\n", said.c_str());
  const bool away = status.signal == 0 && status.code == kUnreachable;
  return away ? ExitCode::kUnreachable : ExitCode::kRefused;
}

}  // namespace

void AddMigrate(CLI::App& app, Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App& command = *app.add_subcommand(
      "migrate", "Move a stopped studio's queue from its data folder to PostgreSQL");
  command.add_option("--from", flags->from, "sqlite:DATA, the data folder of the stopped server")
      ->required();
  command
      .add_option("--to", flags->to,
                  "postgres:..., a connection string or URI of libpq; the database is empty")
      ->required();
  command.add_option("--bin-dir", flags->bin_dir,
                     "Folder of the other programs; default: this one's");
  OnCommand(command, context, flags, Migrate);
}

}  // namespace atelier::cli
