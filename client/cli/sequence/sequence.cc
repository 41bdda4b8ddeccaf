// `atelier sequence`: a person in one pose after another, to a film and frames.
#include <cstdio>
#include <filesystem>
#include <string>

#include "client/cli/command.h"
#include "client/cli/commands/run_job.h"
#include "client/cli/files/outputs.h"
#include "client/cli/sequence/sequence_flags.h"
#include "client/local_file.h"
#include "client/sendable.h"

namespace atelier::cli {

namespace {

namespace fs = std::filesystem;

struct Flags : CommonFlags {
  SequenceFlags sequence;
  std::string out;
  std::string frames_folder;
  bool force = false;
};

Result<v1::FilmFormat> FilmFormatOf(const std::string& path) {
  if (path.empty()) return v1::FILM_FORMAT_NONE;
  const std::string extension = fs::path(path).extension().string();
  if (extension == ".mp4") return v1::FILM_FORMAT_MP4;
  if (extension == ".webp") return v1::FILM_FORMAT_WEBP;
  return client::BadArgument("--out", "a file name that ends in .mp4 or .webp", path);
}

Output FilmOutput(const Flags& flags) { return {"--out", flags.out, OutputKind::kBytes}; }

Output FrameOutput(const Flags& flags, size_t count) {
  const std::string path = (fs::path(flags.frames_folder) / "frame.png").string();
  return {"--frames-folder", path, OutputKind::kPicture, count};
}

Status CheckFolder(const std::string& folder) {
  std::error_code error;
  if (folder.empty() || fs::is_directory(folder, error) || fs::create_directories(folder, error)) {
    return {};
  }
  return client::BadArgument("--frames-folder", "a folder that is there or can be made", folder);
}

Status WriteFrames(const Flags& flags, const v1::Job& job, client::Client& client) {
  const auto count = static_cast<size_t>(job.images_size());
  const Output out = FrameOutput(flags, count);
  ATELIER_RETURN_IF_ERROR(CheckOutputs({out}, flags.force, flags.json));
  for (size_t i = 0; i < count; ++i) {
    ATELIER_ASSIGN_OR_RETURN(const std::string png,
                             client.Download(job.images(static_cast<int>(i)).asset()));
    ATELIER_RETURN_IF_ERROR(WriteOutput(out, png, flags.force, i));
  }
  if (!flags.json) std::printf("%zu frames in %s\n", count, flags.frames_folder.c_str());
  return {};
}

Status Sequence(const Flags& flags, const std::vector<SwapArgument>& swaps) {
  ATELIER_ASSIGN_OR_RETURN(const v1::FilmFormat format, FilmFormatOf(flags.out));
  ATELIER_RETURN_IF_ERROR(CheckOutputs({FilmOutput(flags)}, flags.force, flags.json));
  ATELIER_RETURN_IF_ERROR(CheckFolder(flags.frames_folder));
  ATELIER_ASSIGN_OR_RETURN(v1::JobSpec spec, SequenceFromFlags(flags.sequence, swaps));
  spec.mutable_sequence()->set_film_format(format);
  ATELIER_ASSIGN_OR_RETURN(const v1::Job job,
                           RunJobToEnd(flags, spec, flags.sequence.terms.request_id));
  client::Client client(flags.client());
  if (!flags.out.empty()) {
    ATELIER_ASSIGN_OR_RETURN(const std::string film, client.Download(job.film().asset()));
    ATELIER_RETURN_IF_ERROR(WriteOutput(FilmOutput(flags), film, flags.force));
    if (!flags.json) std::printf("%s\n", flags.out.c_str());
  }
  if (!flags.frames_folder.empty()) ATELIER_RETURN_IF_ERROR(WriteFrames(flags, job, client));
  if (flags.json) PrintJob(job, true);
  return {};
}

}  // namespace

void AddSequence(CLI::App& app, Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App& command = *app.add_subcommand(
      "sequence", "Paint a person in one pose after another, and join the frames to a film");
  AddCommonFlags(command, *flags);
  AddSequenceFlags(command, flags->sequence);
  auto* output = command.add_option_group("output", "Where it goes: one or both");
  AddOutputFlag(*output, "-o,--out", flags->out, "Film to write: .mp4 or .webp");
  AddOutputFlag(*output, "--frames-folder", flags->frames_folder,
                "Folder for the frames: frame-01.png ...");
  output->require_option(1, 2);
  AddForceFlag(command, flags->force);
  OnCommand(command, context, flags, [&command](const Flags& given) {
    const Status status = Sequence(given, SwapArgumentsOf(command));
    return status ? ExitCode::kOk : Complain(status.error(), given.json);
  });
}

}  // namespace atelier::cli
