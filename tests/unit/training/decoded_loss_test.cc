// Before anything else: see the header.
// clang-format off
#include "support/catch_torch.h"
// clang-format on

#include "training/losses/decoded_loss.h"

#include <torch/autograd.h>

#include "training/tasks/mcld_samples.h"
#include "unit/training/carried_data.h"

namespace atelier::training {

TEST_CASE("Decoded cuts of the truth lose little, other latents more; a row without weight nothing",
          "[training]") {
  auto training = MakeMcldTraining(kModel, kModel);
  REQUIRE(training.has_value());
  const int64_t cell_side = training->networks.vae->config().scale();
  std::vector<PackedSample> samples;
  for (int64_t i = 0; i < 2; ++i)
    samples.push_back(Pack(MakeMcldSample(*TheBody(), i, false, {}, *training), cell_side));
  McldBatch batch;
  {
    const at::NoGradGuard no_grad;
    batch = Encode(samples, *training);
  }
  const auto loss_of = [&](const at::Tensor& clean, const at::Tensor& row_weights) {
    at::Generator generator = at::detail::createCPUGenerator(3);
    const CutPlaces places = DrawCuts(batch.person_mask, batch.face_mask, cell_side, generator);
    const int64_t columns = clean.size(3);
    const DecodedTargets targets{CutIndex(places, columns, 1),
                                 TakeCuts(batch.truth, CutIndex(places, columns, cell_side))};
    return DecodedLoss(targets, clean, row_weights, training->networks.vae,
                       training->folder.conditioning.latent_scale);
  };
  const at::Tensor both = at::ones({2});
  const double truth = loss_of(batch.target, both).item<double>();
  CHECK(truth > 0);  // the VAE's own loss
  CHECK(loss_of(at::zeros_like(batch.target), both).item<double>() > 2 * truth);

  const at::Tensor clean = at::zeros_like(batch.target).requires_grad_(true);
  loss_of(clean, at::tensor({1.0F, 0.0F})).backward();
  CHECK(clean.grad()[0].abs().max().item<float>() > 0);
  CHECK(clean.grad()[1].abs().max().item<float>() == 0);
}

TEST_CASE("Cuts taken by their index are those that slices give, with the gradients of slices",
          "[training]") {
  at::Generator generator = at::detail::createCPUGenerator(5);
  const at::Tensor person = at::rand({3, 1, 32, 22}, generator, at::kFloat);
  const at::Tensor face = person.gt(0.9).to(at::kFloat);
  const int64_t side = GENERATE(1, 8);
  const CutPlaces places = DrawCuts(person, face, 8, generator);
  const at::Tensor pictures =
      at::rand({3, 2, 32 * side, 22 * side}, generator, at::kFloat).requires_grad_(true);
  std::vector<at::Tensor> slices;
  for (int64_t i = 0; i < 3; ++i)
    slices.push_back(pictures[i]
                         .slice(1, places.top[i] * side, (places.top[i] + places.height) * side)
                         .slice(2, places.left[i] * side, (places.left[i] + places.width) * side));
  const at::Tensor expected = at::stack(slices);
  const at::Tensor cuts = TakeCuts(pictures, CutIndex(places, 22, side));
  CHECK(at::equal(cuts, expected));
  const at::Tensor weights = at::rand(cuts.sizes(), generator, at::kFloat);
  const auto gradient = [&](const at::Tensor& taken) {
    return torch::autograd::grad({(taken * weights).sum()}, {pictures})[0];
  };
  CHECK(at::equal(gradient(cuts), gradient(expected)));
}

TEST_CASE("A training sample shows the image encoder what the model's clip_input says",
          "[training]") {
  auto training = MakeMcldTraining(kModel, kModel);
  REQUIRE(training.has_value());
  const auto sample_of = [&](const char* clip_input) {
    training->folder.conditioning.clip_input = clip_input;
    return MakeMcldSample(*TheBody(), 0, false, {}, *training);
  };
  const int64_t size = training->networks.image_encoder->config().image_size;
  const McldSample squashed = sample_of("squash"), cut = sample_of("crop");
  for (const auto& [sample, input] : {std::pair(&squashed, engine::ClipInput::kSquash),
                                      std::pair(&cut, engine::ClipInput::kCrop)}) {
    CHECK(at::equal(sample->clip_source, engine::ClipPixels(sample->pair.source.rgb, size, input)));
    CHECK(at::equal(sample->clip_texture,
                    engine::ClipPixels(sample->pair.texture.colours, size, input)));
  }
  CHECK_FALSE(at::equal(squashed.clip_source, cut.clip_source));
}

}  // namespace atelier::training
