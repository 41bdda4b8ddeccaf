#include "training/evaluation/pairs_command.h"

#ifdef ATELIER_EDIT_BENCH
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/iuv_chart.h"
#include "engine/images/resize.h"
#include "people/files/png_writer.h"
#include "training/evaluation/listed_data.h"
#include "training/evaluation/pair_list.h"
#include "training/metrics/fpdm_metrics.h"
#include "training/metrics/published_metrics.h"
#endif

namespace atelier::training {

CLI::App* AddPairsCommand(CLI::App& app, PairsArguments& arguments) {
  CLI::App* pairs = app.add_subcommand(
      "pairs", "Paints a published test list of a data set of yours, and scores it as the paper does");
  pairs->add_option("list", arguments.list, "FPDM's test_pairs_data.json, or MCLD's test.csv")->required();
  pairs->add_option("--images", arguments.images,
                    "folder of the data set: img and pose_img, or test, test_densepose, test_texture and "
                    "test_face")
      ->required();
  pairs->add_option("--model", arguments.model, "model folder of the list's pipeline");
  pairs->add_option("--out", arguments.out,
                    "folder for the pictures and scores.json; pictures that are there are kept");
  pairs->add_option("--lpips-weights", arguments.lpips_weights,
                    "as for atelier-eval; without them LPIPS is not measured")
      ->expected(1, 2);
  pairs->add_option("--steps", arguments.steps, "denoising steps; 0 = the model's")
      ->check(CLI::Range(0, 1000));
  pairs->add_option("--guidance", arguments.guidance, "guidance scale; 0 = the model's")
      ->check(CLI::Range(0.0, 30.0));
  pairs->add_option("--scheduler", arguments.paint.scheduler,
                    "one of the model's; empty = its own");
  pairs->add_option("--seed", arguments.seed, "of every picture's noise");
  pairs->add_option("--batch", arguments.batch, "pictures painted together")
      ->check(CLI::Range(1, 256));
  pairs->add_option("--threads", arguments.painter.threads, "CPU threads; 0 = one per core");
  pairs->add_option("--device", arguments.painter.device, "cpu, cuda or cuda:N");
  pairs->add_option("--dtype", arguments.painter.dtype,
                    "float32, bfloat16, or on CUDA also tf32 or float16");
  return pairs;
}

#ifdef ATELIER_EDIT_BENCH
namespace {

namespace fs = std::filesystem;

/// Whole or not at all, so that an interrupted run is not taken for a painted picture.
Status WriteWhole(const Image& picture, const fs::path& path) {
  const fs::path part = path.parent_path() / (".part-" + path.filename().string());
  ATELIER_RETURN_IF_ERROR(people::WriteImage(picture, part));
  std::error_code error;
  fs::rename(part, path, error);
  if (!error) return {};
  return MakeError(Code::kInternal, "WRITE_FAILED", path.string() + ": " + error.message());
}

class PairsRun {
 public:
  PairsRun(const PairsArguments& arguments, PairList list)
      : arguments_(arguments),
        paint_(arguments.paint),
        kind_(list.kind),
        pairs_(std::move(list.pairs)),
        data_(OpenListedData(kind_, arguments.images)) {
    if (arguments.steps > 0) paint_.steps = arguments.steps;
    if (arguments.guidance > 0) paint_.guidance = arguments.guidance;
  }

  /// FAILED_PRECONDITION (IUV_CHART); UNIMPLEMENTED names what the model reads and the data set has not.
  Status CheckConditions(const engine::ModelInfo& info) const {
    const std::vector<engine::Condition> given = data_->conditions();
    const bool has_all = std::ranges::all_of(info.conditions, [&](engine::Condition condition) {
      return std::ranges::find(given, condition) != given.end();
    });
    if (has_all && kind_ == ListKind::kMcld && info.iuv_chart != kDensePoseChart)
      return MakeError(Code::kFailedPrecondition, "IUV_CHART",
                       std::string("the data set's IUVs are in the chart ") + kDensePoseChart +
                           "; " + info.name + " reads " + info.iuv_chart);
    if (has_all) return {};
    const bool is_mcld = kind_ == ListKind::kMcld;
    return MakeError(Code::kUnimplemented, "NO_SUCH_CONDITION",
                     std::string("the list's data set has ") +
                         (is_mcld ? "pictures, IUVs, texture maps and faces"
                                  : "pictures and drawn poses") +
                         " alone; " + info.name + " (" + info.pipeline + ") reads more");
  }

  Status PaintMissing() {
    std::vector<ListedPair> missing;
    std::error_code error;
    for (const ListedPair& pair : pairs_)
      if (!fs::exists(PathOf(pair), error)) missing.push_back(pair);
    std::printf("%zu of %zu pictures are there\n", pairs_.size() - missing.size(), pairs_.size());
    if (missing.empty()) return {};
    ATELIER_ASSIGN_OR_RETURN(const auto painter,
                             engine::Painter::Load(arguments_.model, arguments_.painter));
    const auto batch = static_cast<size_t>(arguments_.batch);
    for (size_t first = 0; first < missing.size(); first += batch) {
      const size_t end = std::min(first + batch, missing.size());
      ATELIER_RETURN_IF_ERROR(
          PaintBatch(*painter, {missing.begin() + static_cast<int64_t>(first),
                                missing.begin() + static_cast<int64_t>(end)}));
      std::printf("\rpainted %zu of %zu", end, missing.size());
      std::fflush(stdout);
    }
    std::printf("\n");
    return {};
  }

  Status Score() const {
    std::unique_ptr<LpipsNetwork> lpips;
    if (!arguments_.lpips_weights.empty()) {
      ATELIER_ASSIGN_OR_RETURN(
          lpips, LpipsNetwork::Load(arguments_.lpips_weights, arguments_.painter.device));
    }
    FpdmScores sum;
    double distances = 0;
    for (const ListedPair& pair : pairs_) {
      ATELIER_ASSIGN_OR_RETURN(const Image painted,
                               ReadForScore(PathOf(pair)));
      ATELIER_ASSIGN_OR_RETURN(const Image truth, ReadForScore(data_->TargetOf(pair)));
      sum += ScoreAsFpdm(painted, truth);
      if (!lpips) continue;
      ATELIER_ASSIGN_OR_RETURN(const double distance, lpips->Distance(painted, truth));
      distances += distance;
    }
    const auto count = static_cast<double>(pairs_.size());
    return Report(sum / count, lpips ? std::optional(distances / count) : std::nullopt);
  }

 private:
  fs::path PathOf(const ListedPair& pair) const {
    return arguments_.out / PaintedName(kind_, pair);
  }

  Status PaintBatch(engine::Painter& painter, const std::vector<ListedPair>& pairs) {
    std::vector<engine::PaintRequest> requests(pairs.size());
    for (size_t i = 0; i < pairs.size(); ++i) {
      ATELIER_ASSIGN_OR_RETURN(requests[i], data_->RequestOf(pairs[i]));
      requests[i].seed = arguments_.seed;
    }
    ATELIER_ASSIGN_OR_RETURN(const std::vector<Image> pictures,
                             painter.Paint(requests, paint_, nullptr));
    for (size_t i = 0; i < pairs.size(); ++i)
      ATELIER_RETURN_IF_ERROR(WriteWhole(pictures[i], PathOf(pairs[i])));
    return {};
  }

  static Result<Image> ReadForScore(const fs::path& path) {
    ATELIER_ASSIGN_OR_RETURN(const Image picture, ReadPictureFile(path));
    return engine::Resize(picture, kFpdmScoreHeight, kFpdmScoreWidth,
                          engine::ResizeFilter::kBicubic);
  }

  Status Report(const FpdmScores& scores, std::optional<double> lpips) const {
    std::printf("%zu pairs at %dx%d: PSNR %.4f  SSIM %.4f  SSIM-256 %.4f  MAE %.4f  L1 %.4f",
                pairs_.size(), kFpdmScoreWidth, kFpdmScoreHeight, scores.psnr, scores.ssim,
                scores.ssim_256, scores.mae, scores.l1);
    nlohmann::json json = {{"pairs", pairs_.size()},    {"psnr", scores.psnr},
                           {"ssim", scores.ssim},       {"ssim_256", scores.ssim_256},
                           {"mae", scores.mae},         {"l1", scores.l1},
                           {"model", arguments_.model}, {"list", arguments_.list}};
    if (lpips) {
      std::printf("  LPIPS %.4f", *lpips);
      json["lpips"] = *lpips;
    }
    std::printf("\n");
    std::ofstream out(arguments_.out / "scores.json");
    out << json.dump(2) << "\n";
    if (out.flush()) return {};
    return MakeError(Code::kInternal, "WRITE_FAILED",
                     (arguments_.out / "scores.json").string() + ": cannot be written");
  }

  const PairsArguments& arguments_;
  engine::PaintOptions paint_;
  ListKind kind_;
  std::vector<ListedPair> pairs_;
  std::unique_ptr<ListedData> data_;
};

}  // namespace

Status RunPairsCommand(const PairsArguments& arguments) {
  ATELIER_ASSIGN_OR_RETURN(PairList list, ReadPairList(arguments.list));
  ATELIER_ASSIGN_OR_RETURN(const engine::ModelInfo info, engine::ReadModelInfo(arguments.model));
  PairsRun run(arguments, std::move(list));
  ATELIER_RETURN_IF_ERROR(run.CheckConditions(info));
  std::error_code error;
  std::filesystem::create_directories(arguments.out, error);
  if (error) return InvalidField("--out", "a folder that can be made", arguments.out.string());
  ATELIER_RETURN_IF_ERROR(run.PaintMissing());
  return run.Score();
}

#else

Status RunPairsCommand(const PairsArguments& /*arguments*/) {
  return MakeError(Code::kUnimplemented, "NO_PICTURE_FILES",
                   "this build decodes no pictures: build with the services");
}

#endif

}  // namespace atelier::training
