#include <algorithm>
#include <string>

#include "client/cli/command.h"
#include "client/cli/commands/run_job.h"
#include "client/cli/edit/dry_run.h"
#include "client/cli/edit/edit_flags.h"
#include "client/cli/files/outputs.h"
#include "client/cli/files/picture_format.h"
#include "client/sendable.h"

namespace atelier::cli {

namespace {

struct Flags : CommonFlags {
  EditFlags edit;
  std::string out;
  std::string dry_run;
  bool force = false;
};

bool IsTransparent(const v1::EditSpec& spec) {
  return std::any_of(spec.swaps().begin(), spec.swaps().end(),
                     [](const v1::RegionSwap& swap) { return swap.transparent(); });
}

/// Of the formats that are written, PNG alone keeps an alpha channel.
Status CheckAlphaIsKept(const Flags& flags, const v1::EditSpec& spec) {
  if (!IsTransparent(spec) || flags.out == kDash) return {};
  ATELIER_ASSIGN_OR_RETURN(const PictureFormat format, FormatOf(flags.out, "--out"));
  if (format == PictureFormat::kPng) return {};
  return client::BadArgument("--out", "a file name that ends in .png with a transparent background",
                             flags.out);
}

Status Edit(const Flags& flags, const std::vector<SwapArgument>& arguments) {
  if (!flags.dry_run.empty()) {
    ATELIER_ASSIGN_OR_RETURN(const v1::JobSpec spec, EditFromFlags(flags.edit, arguments));
    return DryRun(flags, spec.edit(), flags.dry_run, flags.force);
  }
  Output out{"--out", flags.out, OutputKind::kPicture};
  out.count = static_cast<size_t>(std::clamp(flags.edit.count.value_or(1), 1, kMostPictures));
  ATELIER_RETURN_IF_ERROR(CheckOutputs({out}, flags.force, flags.json));
  ATELIER_ASSIGN_OR_RETURN(const v1::JobSpec spec, EditFromFlags(flags.edit, arguments));
  ATELIER_RETURN_IF_ERROR(CheckAlphaIsKept(flags, spec.edit()));
  ATELIER_ASSIGN_OR_RETURN(const client::Synthesis done,
                           RunJob(flags, spec, flags.edit.terms.request_id));
  out.count = done.pngs.size();
  const bool quiet = flags.json || TakesStandardOutput({out});
  ATELIER_RETURN_IF_ERROR(WritePictures(out, done, flags.force, quiet));
  if (flags.json) PrintJob(done.job, true);
  return {};
}

}  // namespace

void AddEdit(CLI::App& app, Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App& command = *app.add_subcommand(
      "edit", "Swap clothes, face, hair, colours or background of a person in a picture");
  AddCommonFlags(command, *flags);
  AddEditFlags(command, flags->edit);
  auto* output = command.add_option_group("output", "Where it goes: exactly one");
  AddOutputFlag(*output, "-o,--out", flags->out,
                "File to write: .png, .jpg, .jpeg or .webp; - for a PNG to standard output; "
                "OUT-1.png ... for several variations");
  AddOutputFlag(*output, "--dry-run", flags->dry_run,
                "Queue nothing: write the masks of the regions and the texture map with the other "
                "people's regions in it into this folder");
  output->require_option(1);
  AddForceFlag(command, flags->force);
  OnCommand(command, context, flags, [&command](const Flags& given) {
    const Status status = Edit(given, SwapArgumentsOf(command));
    return status ? ExitCode::kOk : Complain(status.error(), given.json);
  });
}

}  // namespace atelier::cli
