#include "training/evaluation/sequence_command.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "people/files/png_writer.h"

#ifdef ATELIER_EDIT_BENCH
#include "perception/fit/film_reader.h"
#endif

namespace atelier::training {

CLI::App* AddSequenceCommand(CLI::App& app, SequenceArguments& arguments) {
  SequenceBenchOptions& bench = arguments.bench;
  CLI::App* sequence = app.add_subcommand(
      "sequence", "Paints rendered motions, and says how good and how steady the frames are");
  sequence->add_option("--model", arguments.model, "model folder");
  sequence
      ->add_option("--sequences", bench.sequences,
                   "motions of the list: walk, cross, turn, wave, dance, and so on")
      ->check(CLI::Range(1, 1000));
  sequence->add_option("--first", bench.first, "first motion of the list")
      ->check(CLI::Range(0, 100000));
  sequence->add_option("--frames", bench.sequence.frames, "frames of each")
      ->check(CLI::Range(2, 1000));
  sequence->add_option("--rate", bench.sequence.frames_per_second, "frames a second")
      ->check(CLI::Range(1.0, 120.0));
  sequence->add_option("--batch", bench.batch, "frames painted together")
      ->check(CLI::Range(1, 256));
  sequence->add_flag("--exact-alone", arguments.exact_alone,
                     "no poses are read from the rendered films, no hands found");
  sequence->add_option("--json", arguments.json, "file to write the figures to");
  sequence->add_option("--sheet", bench.sheets,
                       "folder for a PNG of each motion: source and frames of the truth, and as "
                       "painted from exact poses in a sequence, one by one, and from poses read");
  sequence->add_option("--steps", arguments.steps, "denoising steps; 0 = the model's")
      ->check(CLI::Range(0, 1000));
  sequence->add_option("--guidance", arguments.guidance, "guidance scale; 0 = the model's")
      ->check(CLI::Range(0.0, 30.0));
  sequence->add_option("--body", arguments.body, "human.bin");
  sequence->add_option("--photograph-networks", arguments.networks,
                       "folder of the networks for photographs");
  sequence->add_option("--threads", arguments.painter.threads, "CPU threads; 0 = one per core");
  sequence->add_option("--device", arguments.painter.device, "cpu, cuda or cuda:N");
  sequence->add_option("--dtype", arguments.painter.dtype,
                       "float32, bfloat16, or on CUDA also tf32 or float16");
  return sequence;
}

namespace {

using nlohmann::json;

#ifdef ATELIER_EDIT_BENCH
class NetworkPoseReader final : public PoseReader {
 public:
  explicit NetworkPoseReader(std::unique_ptr<perception::FilmReader> film)
      : film_(std::move(film)) {}
  Result<std::optional<people::PersonObservation>> Observe(const Image& picture) override {
    return film_->Observe(picture);
  }

 private:
  const std::unique_ptr<perception::FilmReader> film_;
};

Result<std::unique_ptr<PoseReader>> LoadReader(const SequenceArguments& arguments) {
  ATELIER_ASSIGN_OR_RETURN(auto film, perception::FilmReader::Load(arguments.networks));
  return std::make_unique<NetworkPoseReader>(std::move(film));
}
#else
Result<std::unique_ptr<PoseReader>> LoadReader(const SequenceArguments& /*arguments*/) {
  return MakeError(Code::kUnimplemented, "NO_PICTURE_NETWORKS",
                   "this build reads no poses from pictures: build with the services, or give "
                   "--exact-alone");
}
#endif

json OrNull(const std::optional<double>& value) { return value ? json(*value) : json(); }

json JsonOf(const std::array<std::optional<SequenceScores>, kSequenceContenderCount>& scores) {
  json out = json::object();
  for (size_t i = 0; i < scores.size(); ++i) {
    if (!scores[i]) continue;
    const SequenceScores& s = *scores[i];
    out[std::string(kSequenceContenderNames[i])] = {
        {"person_psnr_db", s.person_psnr},       {"psnr_db", s.psnr},
        {"flicker", OrNull(s.flicker)},          {"flicker_all_pixels", OrNull(s.flicker_all)},
        {"frame_difference", s.flicker_painted}, {"true_frame_difference", s.flicker_truth},
        {"hand_ssim", OrNull(s.hand_ssim)},      {"hand_keypoint_error", OrNull(s.hand_error)},
        {"right_parts", s.right_parts},          {"seconds_per_frame", s.seconds_per_frame}};
  }
  return out;
}

Status WriteJson(const std::vector<SequenceResult>& results, const SequenceArguments& arguments) {
  if (arguments.json.empty()) return {};
  json sequences = json::array();
  for (const SequenceResult& result : results) {
    sequences.push_back(
        {{"sequence", result.index},
         {"motion", std::string(people::kMotionKindNames[static_cast<size_t>(result.kind)])},
         {"bridged_frames", result.bridged},
         {"frames_without_person", result.nobody},
         {"scores", JsonOf(result.scores)}});
  }
  const json out = {{"model", arguments.model.string()},
                    {"frames", arguments.bench.sequence.frames},
                    {"frames_per_second", arguments.bench.sequence.frames_per_second},
                    {"batch", arguments.bench.batch},
                    {"walks", JsonOf(MeansOf(results, true))},
                    {"all", JsonOf(MeansOf(results, false))},
                    {"sequences", sequences}};
  const std::string text = out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
  return people::WriteFile({reinterpret_cast<const uint8_t*>(text.data()), text.size()},
                           arguments.json);
}

void Print(const char* title, const std::vector<SequenceResult>& results, bool walks_alone) {
  const auto means = MeansOf(results, walks_alone);
  for (size_t i = 0; i < means.size(); ++i) {
    if (!means[i]) continue;
    const SequenceScores& s = *means[i];
    std::printf(
        "%-6s %-7s person %6.2f dB  flicker %5.2f (%.2f of %.2f)  all pixels %5.2f  hands SSIM "
        "%.3f  off %5.2f px  parts %.3f  %.2f s a frame\n",
        title, kSequenceContenderNames[i].data(), s.person_psnr, s.flicker.value_or(NAN),
        s.flicker_painted, s.flicker_truth, s.flicker_all.value_or(NAN), s.hand_ssim.value_or(NAN),
        s.hand_error.value_or(NAN), s.right_parts, s.seconds_per_frame);
  }
}

}  // namespace

Status RunSequenceCommand(const SequenceArguments& arguments) {
  SequenceBenchOptions bench = arguments.bench;
  if (arguments.steps > 0) bench.paint.steps = arguments.steps;
  if (arguments.guidance > 0) bench.paint.guidance = arguments.guidance;
  SequenceJudges judges;
  ATELIER_ASSIGN_OR_RETURN(judges.body, people::Body::Load(arguments.body));
  std::unique_ptr<PoseReader> reader;
  if (!arguments.exact_alone) {
    ATELIER_ASSIGN_OR_RETURN(reader, LoadReader(arguments));
    judges.reader = reader.get();
  }
  ATELIER_ASSIGN_OR_RETURN(const auto painter,
                           engine::Painter::Load(arguments.model, arguments.painter));
  ATELIER_ASSIGN_OR_RETURN(const auto face, engine::FaceEmbedder::LoadIfAny(arguments.model));
  judges.face = face.get();
  ATELIER_ASSIGN_OR_RETURN(const auto network, engine::PoseEstimator::LoadIfAny(arguments.model));
  judges.network = network.get();
  const engine::ModelInfo& info = painter->info();
  bench.sequence.picture = {info.height, info.width,
                            info.Reads(engine::Condition::kTextureMap)
                                ? info.texture_height / engine::kAtlasRows
                                : PairOptions().tile};
  ATELIER_ASSIGN_OR_RETURN(const auto results,
                           RunSequenceBench(*painter, judges, bench, [&](int done) {
                             std::fprintf(stderr, "\r%d of %d sequences%s", done, bench.sequences,
                                          done == bench.sequences ? "\n" : "");
                           }));
  Print("walks", results, true);
  Print("all", results, false);
  return WriteJson(results, arguments);
}

}  // namespace atelier::training
