#include "training/evaluation/pairs_command.h"

#ifdef ATELIER_EDIT_BENCH
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "base/iuv_chart.h"
#include "engine/images/resize.h"
#include "engine/painting/paint_inputs.h"
#include "people/files/png_writer.h"
#include "system/input_file.h"
#include "training/evaluation/listed_data.h"
#include "training/evaluation/pair_list.h"
#include "training/metrics/fpdm_metrics.h"
#include "training/metrics/published_metrics.h"
#endif

namespace atelier::training {

CLI::App* AddPairsCommand(CLI::App& app, PairsArguments& arguments) {
  CLI::App* pairs = app.add_subcommand(
      "pairs",
      "Paints a published test list of a data set of yours, and scores it as the paper does");
  pairs->add_option("list", arguments.list, "FPDM's test_pairs_data.json, or MCLD's test.csv")
      ->required();
  pairs
      ->add_option(
          "--images", arguments.images,
          "folder of the data set: img and pose_img, or test, test_densepose, test_texture and "
          "test_face")
      ->required();
  pairs->add_option("--model", arguments.model, "model folder of the list's pipeline");
  pairs->add_option("--out", arguments.out,
                    "folder for the pictures and scores.json; pictures that are there are kept");
  pairs
      ->add_option("--lpips-weights", arguments.lpips_weights,
                   "as for atelier-eval; without them LPIPS is not measured")
      ->expected(1, 2);
  pairs->add_option("--fid-weights", arguments.fid_weights,
                    "torchvision's inception_v3 for FPDM's list, pytorch-fid's for MCLD's; without "
                    "them FID is not measured");
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

constexpr uintmax_t kMaxSettingsBytes = 1 << 20;

/// A mean that passes over what is no number: equal pictures have no PSNR.
struct FiniteMean {
  double sum = 0;
  int count = 0;

  void Add(double value) {
    if (!std::isfinite(value)) return;
    sum += value;
    ++count;
  }
};

/// The scores by the names that they have in scores.json.
using ListScores = std::map<std::string, FiniteMean>;

void AddScores(const FpdmScores& scores, ListScores& means) {
  means["psnr"].Add(scores.psnr);
  means["ssim"].Add(scores.ssim);
  means["ssim_256"].Add(scores.ssim_256);
  means["mae"].Add(scores.mae);
  means["l1"].Add(scores.l1);
}

std::string Text(const nlohmann::json& json) {
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

/// Whole or not at all, so that an interrupted run is not taken for a painted picture.
Status WritePicture(const Image& picture, const fs::path& path) {
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

  /// FAILED_PRECONDITION (IUV_CHART); UNIMPLEMENTED names what the model reads and the data set has
  /// not.
  Status CheckConditions(const engine::ModelInfo& info) const {
    const std::vector<engine::Condition> given = data_->conditions();
    const bool has_all = std::ranges::all_of(info.conditions, [&](engine::Condition condition) {
      return std::ranges::find(given, condition) != given.end();
    });
    if (has_all && kind_ == ListKind::kMcld && info.iuv_chart != kDensePoseChart)
      return MakeError(Code::kFailedPrecondition, "IUV_CHART",
                       "the data set's IUVs are in the chart " + std::string(kDensePoseChart) +
                           "; " + info.name + " reads " + info.iuv_chart);
    if (has_all) return {};
    const bool is_mcld = kind_ == ListKind::kMcld;
    return MakeError(
        Code::kUnimplemented, "NO_SUCH_CONDITION",
        std::string("the list's data set has ") +
            (is_mcld ? "pictures, IUVs, texture maps and faces" : "pictures and drawn poses") +
            " alone; " + info.name + " (" + info.pipeline + ") reads more");
  }

  /// Everything that can be refused before anything is painted: files of the data set, weights of
  /// LPIPS, an `out` of another run.
  Status Prepare(const engine::ModelInfo& info) {
    for (const ListedPair& pair : pairs_) ATELIER_RETURN_IF_ERROR(data_->FindFiles(pair));
    if (!arguments_.lpips_weights.empty()) {
      ATELIER_ASSIGN_OR_RETURN(
          lpips_, LpipsNetwork::Load(arguments_.lpips_weights, arguments_.painter.device));
    }
    ATELIER_ASSIGN_OR_RETURN(const engine::ResolvedPaintOptions resolved,
                             engine::ResolvePaintOptions(paint_, info));
    if (!arguments_.fid_weights.empty()) {
      const FidKind kind = kind_ == ListKind::kFpdm ? FidKind::kTorchvision : FidKind::kPytorchFid;
      ATELIER_ASSIGN_OR_RETURN(
          fid_, FidNetwork::Load(arguments_.fid_weights, kind, arguments_.painter.device));
    }
    std::error_code error;
    settings_ = {{"model", fs::absolute(arguments_.model, error).string()},
                 {"list", fs::absolute(arguments_.list, error).string()},
                 {"height", resolved.height},
                 {"width", resolved.width},
                 {"steps", resolved.steps},
                 {"guidance", resolved.guidance},
                 {"scheduler", resolved.scheduler},
                 {"seed", arguments_.seed},
                 {"dtype", arguments_.painter.dtype}};
    fs::create_directories(arguments_.out, error);
    if (error) return InvalidField("--out", "a folder that can be made", arguments_.out.string());
    return ClaimFolder();
  }

  Status PaintMissing() {
    std::vector<ListedPair> missing;
    for (const ListedPair& pair : pairs_)
      if (!ReadPictureFile(PathOf(pair))) missing.push_back(pair);
    std::printf("%zu of %zu pictures are there\n", pairs_.size() - missing.size(), pairs_.size());
    if (missing.empty()) return {};
    ATELIER_ASSIGN_OR_RETURN(const auto painter,
                             engine::Painter::Load(arguments_.model, arguments_.painter));
    const auto batch = static_cast<size_t>(arguments_.batch);
    for (size_t first = 0; first < missing.size(); first += batch) {
      const size_t end = std::min(first + batch, missing.size());
      ATELIER_RETURN_IF_ERROR(PaintBatch(*painter, {missing.begin() + static_cast<int64_t>(first),
                                                    missing.begin() + static_cast<int64_t>(end)}));
      std::printf("\rpainted %zu of %zu", end, missing.size());
      std::fflush(stdout);
    }
    std::printf("\n");
    return {};
  }

  Status Score() const {
    ListScores means;
    std::vector<float> painted_features, true_features;
    std::set<std::string> true_pictures;  // a target of several pairs counts once
    for (const ListedPair& pair : pairs_) {
      ATELIER_ASSIGN_OR_RETURN(const Image painted, ReadForScore(PathOf(pair)));
      ATELIER_ASSIGN_OR_RETURN(const Image truth, ReadForScore(data_->TargetOf(pair)));
      AddScores(ScoreAsFpdm(painted, truth), means);
      if (fid_) {
        ATELIER_RETURN_IF_ERROR(AddFeatures(painted, painted_features));
        if (true_pictures.insert(pair.target).second)
          ATELIER_RETURN_IF_ERROR(AddFeatures(truth, true_features));
      }
      if (!lpips_) continue;
      ATELIER_ASSIGN_OR_RETURN(const double distance, lpips_->Distance(painted, truth));
      means["lpips"].Add(distance);
    }
    if (fid_) {
      ATELIER_ASSIGN_OR_RETURN(const double distance,
                               FrechetDistance(painted_features, true_features, kFidFeatures));
      means["fid"] = {.sum = distance, .count = static_cast<int>(pairs_.size())};
    }
    return Report(means);
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
      ATELIER_RETURN_IF_ERROR(WritePicture(pictures[i], PathOf(pairs[i])));
    return {};
  }

  static Result<Image> ReadForScore(const fs::path& path) {
    ATELIER_ASSIGN_OR_RETURN(const Image picture, ReadPictureFile(path));
    return engine::Resize(picture, kFpdmScoreHeight, kFpdmScoreWidth,
                          engine::ResizeFilter::kBicubic);
  }

  Status AddFeatures(const Image& picture, std::vector<float>& features) const {
    const Image* one = &picture;
    ATELIER_ASSIGN_OR_RETURN(const std::vector<float> its, fid_->Features({&one, 1}));
    features.insert(features.end(), its.begin(), its.end());
    return {};
  }

  /// A folder is one run's: its pictures must not count for another model's.
  Status ClaimFolder() const {
    const fs::path file = arguments_.out / "run.json";
    std::error_code error;
    if (!fs::exists(file, error)) return WriteWhole(file, "--out", Text(settings_));
    ATELIER_ASSIGN_OR_RETURN(const std::string text, ReadWhole(file, "--out", kMaxSettingsBytes));
    const auto before = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    // Compared as they are written: bytes that are no UTF-8 are replaced there.
    const auto now = nlohmann::json::parse(Text(settings_));
    if (before == now) return {};
    for (const auto& [key, value] : now.items()) {
      if (before.is_object() && before.contains(key) && before.at(key) == value) continue;
      return InvalidField("--out", "a folder of its own: run.json there is of another run", key);
    }
    return InvalidField("--out", "a folder of its own: run.json there is of another run", "others");
  }

  Status Report(const ListScores& means) const {
    nlohmann::json json = settings_;
    json["pairs"] = pairs_.size();
    std::printf("%zu pairs at %dx%d:", pairs_.size(), kFpdmScoreWidth, kFpdmScoreHeight);
    for (const auto& [name, mean] : means) {
      const int left_out = static_cast<int>(pairs_.size()) - mean.count;
      json[name] = mean.count > 0 ? nlohmann::json(mean.sum / mean.count) : nlohmann::json();
      std::printf("  %s %.4f", name.c_str(), mean.count > 0 ? mean.sum / mean.count : 0.0);
      if (left_out == 0) continue;
      json[name + "_left_out"] = left_out;
      std::printf(" (%d without one left out)", left_out);
    }
    std::printf("\n");
    return WriteWhole(arguments_.out / "scores.json", "--out", Text(json));
  }

  const PairsArguments& arguments_;
  engine::PaintOptions paint_;
  ListKind kind_;
  std::vector<ListedPair> pairs_;
  std::unique_ptr<ListedData> data_;
  std::unique_ptr<LpipsNetwork> lpips_;
  std::unique_ptr<FidNetwork> fid_;
  /// What decides the pictures.
  nlohmann::json settings_;
};

}  // namespace

Status RunPairsCommand(const PairsArguments& arguments) {
  ATELIER_ASSIGN_OR_RETURN(PairList list, ReadPairList(arguments.list));
  ATELIER_ASSIGN_OR_RETURN(const engine::ModelInfo info, engine::ReadModelInfo(arguments.model));
  PairsRun run(arguments, std::move(list));
  ATELIER_RETURN_IF_ERROR(run.CheckConditions(info));
  ATELIER_RETURN_IF_ERROR(run.Prepare(info));
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
