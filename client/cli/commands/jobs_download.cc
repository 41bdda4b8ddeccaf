// `atelier jobs download`: the pictures of a job that succeeded, and a sequence's film.
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "client/cli/command.h"
#include "client/cli/files/outputs.h"

namespace atelier::cli {

namespace {

namespace fs = std::filesystem;

struct Flags : CommonFlags {
  std::string name;
  std::string out = ".";
  bool force = false;
};

/// The film of a sequence goes into a folder alone, as ID.mp4 or ID.webp.
std::string FilmFileFor(const std::string& out, const v1::Job& job) {
  std::error_code error;
  const bool is_folder = out.ends_with('/') || fs::is_directory(out, error);
  if (!is_folder || !job.has_film()) return {};
  const bool is_webp = job.film().format() == v1::FILM_FORMAT_WEBP;
  return (fs::path(out) / (fs::path(job.name()).filename().string() + (is_webp ? ".webp" : ".mp4")))
      .string();
}

/// A folder holds ID.png, or ID-1.png, ID-2.png, ...; anything else is the file itself.
std::string FileFor(const std::string& out, const v1::Job& job) {
  std::error_code error;
  if (!out.ends_with('/') && !fs::is_directory(out, error)) return out;
  // Of a name that a server made, the last part alone is a file name.
  return (fs::path(out) / (fs::path(job.name()).filename().string() + ".png")).string();
}

Status Download(const Flags& flags) {
  client::Client client(flags.client());
  ATELIER_ASSIGN_OR_RETURN(const v1::Job job, client.Get(FullJobName(flags.name)));
  if (job.images().empty()) {
    return MakeError(
        Code::kFailedPrecondition, "NO_PICTURES",
        job.name() + " has no pictures: it is " + std::string(client::StateName(job.state())));
  }
  const Output out{"--out", FileFor(flags.out, job), OutputKind::kPicture,
                   static_cast<size_t>(job.images_size())};
  const Output film{"--out", FilmFileFor(flags.out, job), OutputKind::kBytes};
  ATELIER_RETURN_IF_ERROR(CheckOutputs({out, film}, flags.force, flags.json));
  nlohmann::json files = nlohmann::json::array();
  for (int i = 0; i < job.images_size(); ++i) {
    const auto index = static_cast<size_t>(i);
    ATELIER_ASSIGN_OR_RETURN(const std::string png, client.Download(job.images(i).asset()));
    ATELIER_RETURN_IF_ERROR(WriteOutput(out, png, flags.force, index));
    const std::string file = NumberedPath(out.path, index, out.count).string();
    files.push_back({{"asset", job.images(i).asset()}, {"file", file}});
    if (!flags.json && !TakesStandardOutput({out})) std::printf("%s\n", file.c_str());
  }
  if (!film.path.empty()) {
    ATELIER_ASSIGN_OR_RETURN(const std::string bytes, client.Download(job.film().asset()));
    ATELIER_RETURN_IF_ERROR(WriteOutput(film, bytes, flags.force));
    files.push_back({{"asset", job.film().asset()}, {"file", film.path}});
    if (!flags.json) std::printf("%s\n", film.path.c_str());
  }
  if (flags.json) {
    std::printf("%s\n", nlohmann::json{{"job", job.name()}, {"files", files}}.dump().c_str());
  }
  return {};
}

}  // namespace

void AddJobsDownload(CLI::App& jobs, Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App& command = *jobs.add_subcommand("download", "Fetch the pictures of a job");
  AddCommonFlags(command, *flags);
  command.add_option("job", flags->name, "jobs/ID or ID")->required();
  AddOutputFlag(command, "-o,--out", flags->out,
                "Folder for ID.png, or ID-1.png ...; or a file to write: .png, .jpg, .jpeg or "
                ".webp, OUT-1.png ... for several pictures; - for standard output")
      ->capture_default_str();
  AddForceFlag(command, flags->force);
  OnCommand(command, context, flags, [](const Flags& given) {
    const Status status = Download(given);
    return status ? ExitCode::kOk : Complain(status.error(), given.json);
  });
}

}  // namespace atelier::cli
