#include "training/evaluation/edit_command.h"

#ifdef ATELIER_EDIT_BENCH
#include <cstdio>
#include <span>

#include "edit/bench/bench.h"
#include "people/files/png_writer.h"
#endif

namespace atelier::training {

CLI::App* AddEditCommand(CLI::App& app, EditArguments& arguments) {
  CLI::App* edit = app.add_subcommand(
      "edit", "Judges swaps of garments and faces on rendered people, whose answer is known");
  edit->add_option("--cases", arguments.cases, "pairs of people; each has one edit of every region")
      ->check(CLI::Range(1, 100000));
  edit->add_option("--first", arguments.first, "first pair")->check(CLI::Range(0, 1000000));
  edit->add_option("--bodies", arguments.bodies,
                   "the renderer's own, or fitted to the picture as to a photograph")
      ->check(CLI::IsMember({"exact", "fitted"}));
  edit->add_option("--pose", arguments.pose, "the base's own, or a third one")
      ->check(CLI::IsMember({"own", "new"}));
  edit->add_option("--regions", arguments.regions, "what the base takes from the donor")
      ->delimiter(',')
      ->check(CLI::IsMember({"upper", "lower", "outfit", "face"}));
  edit->add_flag("--true-regions", arguments.true_regions,
                 "the renderer's own regions instead of the parser's");
  edit->add_flag("--paint", arguments.paint,
                 "in a new pose: the model paints what the person's own pixels do not show");
  edit->add_option("--json", arguments.json, "file to write the figures to");
  edit->add_option("--sheet", arguments.sheet,
                   "folder for a PNG of each case: base, donor, naive, ours, truth");
  edit->add_option(
      "--model", arguments.model,
      "model folder whose face network judges faces and which paints; empty = neither");
  edit->add_option("--body", arguments.body, "human.bin");
  edit->add_option("--prior", arguments.prior, "the parser's prior");
  edit->add_option("--photograph-networks", arguments.networks,
                   "folder of the networks for photographs");
  edit->add_option("--threads", arguments.threads, "CPU threads of OpenCV; 0 = one per core")
      ->check(CLI::Range(0, 1024));
  return edit;
}

#ifdef ATELIER_EDIT_BENCH

namespace {

edit::BenchOptions OptionsOf(const EditArguments& arguments) {
  edit::BenchOptions options;
  options.cases = arguments.cases;
  options.first = arguments.first;
  options.pose = arguments.pose == "new" ? edit::BenchPose::kNew : edit::BenchPose::kOwn;
  options.sheets = arguments.sheet;
  options.threads = arguments.threads;
  options.regions.clear();
  for (size_t i = 0; i < edit::kBenchRegionNames.size(); ++i) {
    for (const std::string& name : arguments.regions) {
      if (name != edit::kBenchRegionNames[i]) continue;
      options.regions.push_back(static_cast<edit::BenchRegion>(i));
      break;
    }
  }
  return options;
}

Status WriteJson(const edit::BenchResult& result, const std::filesystem::path& file) {
  if (file.empty()) return {};
  const std::string json = edit::JsonOf(result);
  return people::WriteFile({reinterpret_cast<const uint8_t*>(json.data()), json.size()}, file);
}

/// What the model folder gives; each may be null.
struct Model {
  std::unique_ptr<engine::FaceEmbedder> face;
  std::unique_ptr<engine::Painter> painter;
};

Result<Model> LoadModel(const EditArguments& arguments) {
  Model model;
  if (arguments.model.empty()) return model;
  ATELIER_ASSIGN_OR_RETURN(model.face, engine::FaceEmbedder::LoadIfAny(arguments.model));
  if (arguments.paint) {
    ATELIER_ASSIGN_OR_RETURN(
        model.painter, engine::Painter::Load(arguments.model, {.threads = arguments.threads}));
  }
  return model;
}

}  // namespace

Status RunEditCommand(const EditArguments& arguments) {
  edit::BenchOptions options = OptionsOf(arguments);
  ATELIER_ASSIGN_OR_RETURN(const auto body, people::Body::Load(arguments.body));
  ATELIER_ASSIGN_OR_RETURN(const Model model, LoadModel(arguments));
  options.face = model.face.get();
  const edit::SwapOptions swap_options = {.bodies = arguments.bodies == "fitted"
                                                        ? edit::BenchBodies::kFitted
                                                        : edit::BenchBodies::kExact,
                                          .true_regions = arguments.true_regions,
                                          .painter = model.painter.get(),
                                          .face = model.face.get()};
  ATELIER_ASSIGN_OR_RETURN(
      const auto swaps,
      edit::LoadRegionSwaps(body, {arguments.prior, arguments.networks}, swap_options));
  ATELIER_ASSIGN_OR_RETURN(const edit::BenchResult result,
                           edit::RunBench(*body, *swaps, options, [&](int done) {
                             std::fprintf(stderr, "\r%d of %d cases%s", done, options.cases,
                                          done == options.cases ? "\n" : "");
                           }));
  std::fputs(edit::TableOf(result).c_str(), stdout);
  return WriteJson(result, arguments.json);
}

#else

Status RunEditCommand(const EditArguments&) {
  return MakeError(Code::kUnimplemented, "NO_EDIT_BENCH",
                   "edits are judged by a build with the services (ATELIER_SERVICES=ON)");
}

#endif

}  // namespace atelier::training
