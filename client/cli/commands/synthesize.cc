#include <algorithm>
#include <string>
#include <vector>

#include "client/cli/command.h"
#include "client/cli/commands/run_job.h"
#include "client/cli/commands/synthesis_flags.h"
#include "client/cli/files/outputs.h"
#include "client/cli/files/sheet.h"

namespace atelier::cli {

namespace {

struct Flags : CommonFlags {
  SynthesisFlags synthesis;
  std::string out;
  std::string sheet;
  bool force = false;
};

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
    request.set_iuv_channels(spec.iuv_channels());
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
      .iuv_order = spec.has_pose_iuv() && spec.iuv_channels() == v1::IUV_CHANNELS_VUI
                       ? IuvOrder::kVui
                       : IuvOrder::kIuv,
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

/// Where the pictures and the sheet go; `count` pictures.
std::vector<Output> OutputsOf(const Flags& flags, size_t count) {
  return {{"--out", flags.out, OutputKind::kPicture, count}, {"--sheet", flags.sheet}};
}

Status Synthesize(const Flags& flags) {
  const auto count =
      static_cast<size_t>(std::clamp(flags.synthesis.count.value_or(1), 1, kMostPictures));
  ATELIER_RETURN_IF_ERROR(CheckOutputs(OutputsOf(flags, count), flags.force, flags.json));
  ATELIER_ASSIGN_OR_RETURN(const v1::JobSpec spec, SpecFromFlags(flags.synthesis));

  ATELIER_ASSIGN_OR_RETURN(const client::Synthesis done,
                           RunJob(flags, spec, flags.synthesis.terms.request_id));
  const Output out = OutputsOf(flags, done.pngs.size()).front();
  const bool quiet = flags.json || TakesStandardOutput(OutputsOf(flags, 1));
  ATELIER_RETURN_IF_ERROR(WritePictures(out, done, flags.force, quiet));
  if (flags.json) PrintJob(done.job, true);
  if (flags.sheet.empty() || done.pngs.empty()) return {};
  v1::SynthesisSpec painted = spec.synthesis();
  painted.set_model(done.job.spec().synthesis().model());
  client::Client client(flags.client());
  ATELIER_ASSIGN_OR_RETURN(const std::string sheet, SheetOf(client, painted, done.pngs.front()));
  return WriteOutput(OutputsOf(flags, 1).back(), sheet, flags.force);
}

}  // namespace

void AddSynthesize(CLI::App& app, Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App& command = *app.add_subcommand("synthesize", "Paint a person in a pose");
  AddCommonFlags(command, *flags);
  AddSynthesisFlags(command, flags->synthesis);
  AddOutputFlag(command, "-o,--out", flags->out,
                "File to write: .png, .jpg, .jpeg or .webp; - for a PNG to standard output; "
                "OUT-1.png ... for several pictures")
      ->required();
  AddOutputFlag(command, "--sheet", flags->sheet,
                "Also write source, pose, IUV, texture map and result side by side");
  AddForceFlag(command, flags->force);
  OnCommand(command, context, flags, [](const Flags& given) {
    const Status status = Synthesize(given);
    return status ? ExitCode::kOk : Complain(status.error(), given.json);
  });
}

}  // namespace atelier::cli
