#include "training/fpdm/fusion_task.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "training/data/device_stream.h"
#include "training/fpdm/fpdm_samples.h"

namespace atelier::training {
namespace {

/// Pictures embedded at once when scores are taken.
constexpr int kScoredAtOnce = 25;

int PeopleOf(const FusionTaskOptions& options) { return options.batch / (options.pictures / 2); }

}  // namespace

PairOptions FusionPairOf(const engine::CLIPVisionModelWithProjectionImpl& encoder,
                         const engine::ModelInfo& info) {
  const auto side = [](double pixels) { return 8 * static_cast<int>(std::lround(pixels / 8)); };
  const double height =
      std::min<double>(2.0 * static_cast<double>(encoder.config().image_size), info.height);
  return {.height = side(height), .width = side(height * info.width / info.height)};
}

FusionScores ScoreFusion(const people::Body& body, const FpdmTraining& training,
                         const PairOptions& options, int pairs, const at::Device& device) {
  const at::NoGradGuard no_grad;
  engine::FpdmNetworks networks = training.networks;
  std::vector<at::Tensor> targets, sources, fusions;
  for (int first = 0; first < pairs; first += kScoredAtOnce) {
    std::vector<FpdmSample> samples;
    for (int i = first; i < std::min(pairs, first + kScoredAtOnce); ++i) {
      samples.push_back(
          MakeFpdmSample(body, i, true, options, training.folder.conditioning.fpdm, networks));
    }
    const engine::FpdmInputs inputs = InputsOf(samples, device);
    const auto embed = [&](const at::Tensor& pixels) {
      return networks.image_encoder(pixels).image_embeds;
    };
    targets.push_back(embed(ClipTargetsOf(samples, device)));
    sources.push_back(embed(inputs.clip_source));
    fusions.push_back(engine::FuseEmbeddings(networks, sources.back(), embed(inputs.clip_pose)));
  }
  const at::Tensor target = at::cat(targets), source = at::cat(sources);
  return {.fused = ScoreRetrieval(at::cat(fusions), target, source),
          .source = ScoreRetrieval(source, target, source)};
}

FusionTask::FusionTask(std::shared_ptr<const people::Body> body, FpdmTraining training,
                       const FusionTaskOptions& options, const RunState& state)
    : Task({{"image_encoder", training.networks.image_encoder.ptr()},
            {"combiner", training.networks.combiner.ptr()}},
           state),
      body_(std::move(body)),
      training_(std::move(training)),
      options_(options),
      batches_(
          [this](int64_t index) {
            return MakeFusionPerson(*body_, index, options_.pictures, options_.pair,
                                    training_.folder.conditioning.fpdm, training_.networks);
          },
          state, options.render_threads, PeopleOf(options), options.reuse),
      steps_([this](at::Generator&) { return Prepare(); }, at::Device(options.device)) {
  MoveTo(at::Device(options_.device));
}

StepsAhead<FusionTask::Inputs>::Step FusionTask::Prepare() {
  const std::vector<FusionPerson>& people = batches_.Next();
  std::vector<at::Tensor> targets, sources, poses;
  for (const FusionPerson& person : people) {
    for (const auto& [source, target] : PairingOf(options_.pictures, batches_.turn())) {
      targets.push_back(person.pictures[target]);
      sources.push_back(person.pictures[source]);
      poses.push_back(person.poses[target]);
    }
  }
  const at::Device device(options_.device);
  return {{.target = SendRows(targets, device),
           .source = SendRows(sources, device),
           .pose = SendRows(poses, device)},
          {batches_.samples_taken(), batches_.place()}};
}

at::Tensor FusionTask::NextLoss(at::Generator& generator) {
  const auto& step = steps_.Next(generator);
  SetProgress(step.progress);
  const Inputs& inputs = step.inputs;
  const int64_t rows = inputs.target.size(0);
  pictures_seen_ += rows;
  engine::FpdmNetworks& networks = training_.networks;
  const at::Tensor all =
      networks.image_encoder(at::cat({inputs.target, inputs.source, inputs.pose})).image_embeds;
  const std::vector<at::Tensor> embeds = all.split(rows);
  const FusionEmbeddings embeddings{
      .target = embeds[0].to(at::kFloat),
      .source = embeds[1].to(at::kFloat),
      .fusion = networks.combiner(embeds[1], embeds[2]).to(at::kFloat)};
  return ComputeFusionLoss(embeddings, options_.loss).loss;
}

Result<std::string> FusionTask::Evaluate(const std::filesystem::path& /*folder*/) {
  const FusionScores scores = ScoreFusion(*body_, training_, options_.pair,
                                          options_.evaluation_pairs, at::Device(options_.device));
  return "retrieval by fusion: " + ToText(scores.fused) +
         "; by the source alone: " + ToText(scores.source);
}

}  // namespace atelier::training
