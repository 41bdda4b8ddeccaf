#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "client/cli/command.h"
#include "client/cli/progress.h"
#include "client/cli/sheet.h"
#include "client/cli/synthesis_flags.h"
#include "client/cli/warnings.h"
#include "client/local_file.h"

namespace atelier::cli {

namespace {

namespace fs = std::filesystem;

struct Flags : CommonFlags {
  SynthesisFlags synthesis;
  std::string out;
  std::string sheet;
};

volatile std::sig_atomic_t interrupted = 0;

/// OUT itself for one picture, else OUT-1.png, OUT-2.png, ...
fs::path OutPath(const fs::path& out, size_t index, size_t count) {
  if (count == 1) return out;
  return out.parent_path() /
         (out.stem().string() + "-" + std::to_string(index + 1) + out.extension().string());
}

/// The IUV picture that the spec's model reads from `picture`.
Result<std::string> IuvOf(client::Client& client, const v1::Picture& picture,
                          const std::string& model) {
  v1::EstimatePoseRequest request;
  *request.mutable_picture() = picture;
  request.set_model(model);
  ATELIER_ASSIGN_OR_RETURN(v1::EstimatePoseResponse pose, client.EstimatePose(request));
  return std::move(*pose.mutable_iuv_png());
}

/// The texture map that the spec's model is given for its source.
Result<std::string> TextureOf(client::Client& client, const v1::SynthesisSpec& spec) {
  v1::ExtractRegionsRequest request;
  *request.mutable_picture() = spec.source();
  request.set_model(spec.model());
  if (spec.has_source_iuv()) {
    request.set_iuv_png(spec.source_iuv().data());
    request.set_iuv_chart(spec.iuv_chart());
  } else {
    ATELIER_ASSIGN_OR_RETURN(*request.mutable_iuv_png(),
                             IuvOf(client, spec.source(), spec.model()));
  }
  ATELIER_ASSIGN_OR_RETURN(v1::ExtractRegionsResponse regions, client.ExtractRegions(request));
  return std::move(*regions.mutable_texture_png());
}

/// The poses and the texture come from the server once more: what it used for the job is not part
/// of a job's result, but the same picture gives the same answer. `spec` is the job's as it was
/// accepted, with the name of its model, and has its pictures by value.
Result<std::string> SheetOf(client::Client& client, const v1::SynthesisSpec& spec,
                            const std::string& result) {
  SheetPictures pictures{
      .source = spec.source().data(),
      .pose = spec.has_pose_picture() ? spec.pose_picture().data() : spec.pose_iuv().data(),
      .target_iuv = spec.pose_iuv().data(),
      .texture = spec.texture().data(),
      .result = result};
  if (spec.has_pose_picture()) {
    ATELIER_ASSIGN_OR_RETURN(pictures.target_iuv, IuvOf(client, spec.pose_picture(), spec.model()));
  }
  if (!spec.has_texture()) {
    ATELIER_ASSIGN_OR_RETURN(pictures.texture, TextureOf(client, spec));
  }
  return MakeSheet(pictures);
}

Status Synthesize(const Flags& flags) {
  ATELIER_ASSIGN_OR_RETURN(const v1::JobSpec spec, SpecFromFlags(flags.synthesis));
  ATELIER_RETURN_IF_ERROR(client::CheckWritable(flags.out));
  if (!flags.sheet.empty()) ATELIER_RETURN_IF_ERROR(client::CheckWritable(flags.sheet));

  client::Client client(flags.client());
  using Style = ProgressReporter::Style;
  ProgressReporter reporter(stderr,
                            flags.json ? Style::kQuiet : ProgressReporter::StyleFor(stderr));
  // Ctrl-C cancels the job at the next news of it; a second one ends this program.
  std::signal(SIGINT, [](int signal) {
    interrupted = 1;
    std::signal(signal, SIG_DFL);
  });
  const auto done = client.Synthesize(spec, flags.synthesis.request_id, [&](const v1::Job& job) {
    reporter.Show(job);
    return interrupted == 0;
  });
  reporter.Finish();
  if (!done) return Propagate(done.error());
  ShowWarnings(done->job.warnings(), flags.json);

  for (size_t i = 0; i < done->pngs.size(); ++i) {
    const fs::path path = OutPath(flags.out, i, done->pngs.size());
    ATELIER_RETURN_IF_ERROR(client::WriteFileAtomically(path, done->pngs[i]));
    if (!flags.json) std::printf("%s\n", path.c_str());
  }
  if (flags.json) PrintJob(done->job, true);
  if (flags.sheet.empty() || done->pngs.empty()) return {};
  v1::SynthesisSpec painted = spec.synthesis();
  painted.set_model(done->job.spec().synthesis().model());
  ATELIER_ASSIGN_OR_RETURN(const std::string sheet, SheetOf(client, painted, done->pngs.front()));
  return client::WriteFileAtomically(flags.sheet, sheet);
}

}  // namespace

void AddSynthesize(CLI::App& app, Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App& command = *app.add_subcommand("synthesize", "Paint a person in a pose");
  AddCommonFlags(command, *flags);
  AddSynthesisFlags(command, flags->synthesis);
  command.add_option("-o,--out", flags->out, "PNG to write; OUT-1.png ... for several pictures")
      ->required();
  command.add_option("--sheet", flags->sheet,
                     "Also write a PNG of source, pose, IUV, texture map and result side by side");
  OnCommand(command, context, flags, [](const Flags& given) {
    const Status status = Synthesize(given);
    return status ? ExitCode::kOk : Complain(status.error(), given.json);
  });
}

}  // namespace atelier::cli
