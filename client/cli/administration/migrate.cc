#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "client/cli/command.h"
#include "client/cli/studio_paths.h"
#include "client/supervisor/run_program.h"

namespace atelier::cli {
namespace {

namespace fs = std::filesystem;

// server/migration/main.cc says what it exits with.
constexpr int kMoved = 0, kUnreachable = 2;

struct Flags {
  bool pictures = false;
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
  std::vector<std::string> command = {program, "--from=" + flags.from, "--to=" + flags.to};
  if (flags.pictures) command.push_back("--pictures");
  const auto output = supervisor::RunProgram(command);
  if (!output) {
    const Error& error = output.error();
    return Complain({error.code, "LOCAL_FILE", error.message, error.field});
  }
  const supervisor::ExitStatus& status = output->status;
  if (status.signal == 0 && status.code == kMoved) {
    std::printf("%s\n", Line(output->out).c_str());
    return ExitCode::kOk;
  }
  // A part may be moved.
  if (!output->out.empty()) std::printf("%s\n", Line(output->out).c_str());
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
      "migrate",
      "Move a stopped studio's queue from its data folder to PostgreSQL, or its pictures between a "
      "folder and S3");
  command.add_flag("--pictures", flags->pictures,
                   "Move the pictures, not the queue; what is there already is left out, so that "
                   "it may be run again");
  command
      .add_option("--from", flags->from,
                  "sqlite:DATA, the data folder of the stopped server; with --pictures its "
                  "settings file")
      ->required();
  command
      .add_option("--to", flags->to,
                  "postgres:..., a connection string or URI of libpq; the database is empty. "
                  "With --pictures the settings file of the server that goes on")
      ->required();
  command.add_option("--bin-dir", flags->bin_dir,
                     "Folder of the other programs; default: this one's");
  OnCommand(command, context, flags, Migrate);
}

}  // namespace atelier::cli
