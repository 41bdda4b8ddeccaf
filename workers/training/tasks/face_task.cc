#include "training/tasks/face_task.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/random.h"
#include "engine/perception.h"
#include "people/files/png_writer.h"
#include "people/render/render.h"
#include "training/data/batch.h"
#include "training/data/device_stream.h"
#include "training/data/pairs.h"
#include "training/metrics/picture_grid.h"

namespace atelier::training {
namespace {

constexpr int kHeldOutFaces = 100;
constexpr int kGridFaces = 12;
constexpr int kAttempts = 6;

/// A view in which the face is seen, and a box that is not always cut the same way.
Image OneCrop(const people::Body& body, const people::Person& person, Random& random, int size,
              bool front) {
  people::ViewOptions view;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    view.yaw = front ? random.Uniform(-25, 25) : random.Uniform(-65, 65);
    view.crop = random.Chance(0.5) ? people::Crop::kUpper : people::Crop::kAny;
    const people::Rendering shown = people::Render(body, person, people::SamplePose(random.Bits()),
                                                   people::SampleView(random.Bits(), view));
    Box box = engine::FaceBoxFromIuv(shown.iuv);
    if (!shown.face_visible || box.empty()) continue;
    const float side = box.right - box.left;
    const auto grow = static_cast<float>(random.Uniform(-0.12, 0.12)) * side;
    const auto shift_x = static_cast<float>(random.Uniform(-0.08, 0.08)) * side;
    const auto shift_y = static_cast<float>(random.Uniform(-0.08, 0.08)) * side;
    box = {box.left - grow + shift_x, box.top - grow + shift_y, box.right + grow + shift_x,
           box.bottom + grow + shift_y};
    return engine::CropSquare(shown.rgb, box, size);
  }
  return {};
}

/// 0 .. count - 1.
int64_t Draw(int64_t count, at::Generator& generator) {
  return at::randint(count, {}, generator, at::TensorOptions().dtype(at::kLong)).item<int64_t>();
}

/// A crop is drawn many times, so never twice the same: mirrored, moved, grown, turned, blurred as
/// a smaller face would be, and in light and noise the renderer does not vary.
at::Tensor Augment(const at::Tensor& crops, at::Generator& generator) {
  const int64_t count = crops.size(0);
  const auto uniform = [&](double low, double high) {
    return at::rand({count}, generator, at::kFloat) * (high - low) + low;
  };
  const at::Tensor mirror = uniform(0, 1).lt(0.5).to(at::kFloat) * 2 - 1;
  const at::Tensor scale = uniform(0.88, 1.12), turn = uniform(-0.12, 0.12);  // radians
  const at::Tensor rows_x = at::stack(
      {scale * at::cos(turn) * mirror, scale * at::sin(turn) * -1, uniform(-0.12, 0.12)}, 1);
  const at::Tensor rows_y =
      at::stack({scale * at::sin(turn) * mirror, scale * at::cos(turn), uniform(-0.12, 0.12)}, 1);
  const at::Tensor grid =
      at::affine_grid_generator(at::stack({rows_x, rows_y}, 1), crops.sizes(), false);
  at::Tensor moved = at::grid_sampler(crops, grid, 0, 1, false);  // bilinear, border repeated
  const int64_t small = crops.size(3) / 2;
  const at::Tensor blurred = at::upsample_bilinear2d(at::adaptive_avg_pool2d(moved, {small, small}),
                                                     {crops.size(2), crops.size(3)}, false);
  moved = at::where(uniform(0, 1).lt(0.3).view({-1, 1, 1, 1}), blurred, moved);
  const at::Tensor gain = at::rand({count, 3, 1, 1}, generator, at::kFloat) * 0.4 + 0.8;
  return moved * gain + at::randn(moved.sizes(), generator, at::kFloat) * 0.02;
}

int64_t KeptOf(const RunState& state) {
  if (state.place.size() != 1) return 0;
  return std::clamp<int64_t>(state.place[0], 0, state.samples_taken);
}

}  // namespace

FaceTask::Crops FaceTask::Make(const people::Body& body, uint64_t identity, uint64_t view_seed,
                               int views, int size, bool front) {
  Random random(view_seed * 0x9e3779b97f4a7c15ULL + identity);
  const people::Person person = people::SamplePerson(body, identity);
  Crops made;
  made.identity = static_cast<int64_t>(identity);
  for (int i = 0; i < views; ++i) {
    Image crop = OneCrop(body, person, random, size, front);
    if (!crop.empty()) made.crops.push_back(std::move(crop));
  }
  return made;
}

FaceTask::FaceTask(std::shared_ptr<const people::Body> body, engine::FaceNetwork network,
                   torch::nn::Linear classifier, const FaceTaskOptions& options,
                   const RunState& state)
    : Task({{"face_network", network.ptr()}, {"face_classifier", classifier.ptr()}}, state),
      body_(std::move(body)),
      network_(std::move(network)),
      classifier_(std::move(classifier)),
      options_(options),
      feeder_(
          [body = body_, options, size = static_cast<int>(network_->config().size)](int64_t index) {
            Random random(static_cast<uint64_t>(index) * 0x2545f4914f6cdd1dULL + 17);
            return Make(*body, random.Index(options.identities), random.Bits(), options.views, size,
                        /*front=*/false);
          },
          state.samples_taken - KeptOf(state), options.render_threads, options.batch),
      missing_(KeptOf(state)),
      drawn_(state.samples_taken),
      steps_([this](at::Generator& generator) { return Prepare(generator); },
             at::Device(options.device)) {
  MoveTo(at::Device(options_.device));
}

void FaceTask::Take(int64_t sample) {
  Crops made = feeder_.Take();
  made.sample = sample;
  if (!made.crops.empty()) pool_.push_back(std::move(made));
  while (!pool_.empty() && pool_.front().sample <= sample - options_.kept) pool_.pop_front();
}

StepsAhead<FaceTask::Inputs>::Step FaceTask::Prepare(at::Generator& generator) {
  // Rendering a crop costs more than a step on it, so crops come back many times.
  for (; missing_ > 0; --missing_) Take(drawn_ - missing_);
  do {
    for (int i = 0; i < options_.fresh; ++i) Take(drawn_++);
  } while (static_cast<int>(pool_.size()) < options_.batch / options_.views);
  std::vector<const Image*> crops;
  std::vector<int64_t> labels;
  for (int i = 0; i < options_.batch; ++i) {
    const Crops& from = pool_[Draw(static_cast<int64_t>(pool_.size()), generator)];
    crops.push_back(&from.crops[Draw(static_cast<int64_t>(from.crops.size()), generator)]);
    labels.push_back(from.identity);
  }
  const at::Device device(options_.device);
  Inputs inputs{Send(Augment(ToBatch(crops), generator), device),
                Send(at::tensor(labels, at::kLong), device)};
  // How many samples it keeps.
  return {std::move(inputs), {drawn_, {std::min<int64_t>(drawn_, options_.kept)}}};
}

at::Tensor FaceTask::NextLoss(at::Generator& generator) {
  const auto& step = steps_.Next(generator);
  SetProgress(step.progress);
  const at::Tensor input = step.inputs.crops * 2 - 1;
  const at::Tensor& target = step.inputs.labels;
  pictures_seen_ += input.size(0);

  const at::Tensor embedding = network_->forward(input).to(at::kFloat);
  const at::Tensor weight = classifier_->weight.to(at::kFloat);
  const at::Tensor directions = weight / weight.norm(2, 1, true).clamp_min(1e-6);
  const at::Tensor cosine = at::matmul(embedding, directions.t()).clamp(-1 + 1e-6, 1 - 1e-6);
  // ArcFace: cos(angle + margin) in place of the right identity's cosine.
  const at::Tensor right = cosine.gather(1, target.unsqueeze(1));
  const at::Tensor harder = at::cos(at::acos(right) + options_.margin);
  const at::Tensor logits = cosine.scatter(1, target.unsqueeze(1), harder) * options_.scale;
  return at::cross_entropy_loss(logits, target);
}

Result<std::string> FaceTask::Evaluate(const std::filesystem::path& folder) {
  const int size = static_cast<int>(network_->config().size);
  std::vector<Crops> people;
  for (uint64_t i = 0; people.size() < kHeldOutFaces; ++i) {
    Crops crops = Make(*body_, kHeldOutIdentity + i, 5, 2, size, /*front=*/true);
    if (crops.crops.size() == 2) people.push_back(std::move(crops));
  }
  std::vector<const Image*> gallery, probes;
  std::vector<std::vector<Image>> rows(2);
  for (const Crops& person : people) {
    gallery.push_back(&person.crops[0]);
    probes.push_back(&person.crops[1]);
    if (rows[0].size() >= kGridFaces) continue;
    rows[0].push_back(person.crops[0]);
    rows[1].push_back(person.crops[1]);
  }
  ATELIER_RETURN_IF_ERROR(people::WriteImage(Grid(rows), folder / "grid.png"));
  const at::Device device(options_.device);
  const at::Tensor a = network_->Embed(ToBatch(gallery).to(device) * 2 - 1);
  const at::Tensor b = network_->Embed(ToBatch(probes).to(device) * 2 - 1);
  const at::Tensor cosine = at::matmul(b, a.t());  // [probe, gallery]
  const at::Tensor best = cosine.argmax(1).cpu();
  const double rank1 = best.eq(at::arange(best.size(0))).to(at::kFloat).mean().item<double>() * 100;
  char line[160];
  std::snprintf(line, sizeof line, "rank-1 of %d held-out identities %.1f %%; same %.3f other %.3f",
                kHeldOutFaces, rank1, cosine.diag().mean().item<double>(),
                cosine.mean().item<double>());
  return std::string(line);
}

}  // namespace atelier::training
