// Before anything else: see the header.
// clang-format off
#include "support/catch_torch.h"
// clang-format on

#include "training/losses/decoded_loss.h"

#include "training/tasks/mcld_samples.h"
#include "unit/training/carried_data.h"

namespace atelier::training {

TEST_CASE("Decoded cuts of the truth lose little, other latents more; a row without weight nothing",
          "[training]") {
  auto training = MakeMcldTraining(kModel, kModel);
  REQUIRE(training.has_value());
  std::vector<McldSample> samples;
  for (int64_t i = 0; i < 2; ++i)
    samples.push_back(MakeMcldSample(*TheBody(), i, false, {}, *training));
  McldBatch batch;
  {
    const at::NoGradGuard no_grad;
    batch = Encode(samples, *training);
  }
  const auto loss_of = [&](const at::Tensor& clean, const at::Tensor& row_weights) {
    at::Generator generator = at::detail::createCPUGenerator(3);
    return DecodedLoss({batch.truth, batch.person_mask, batch.face_mask}, clean, row_weights,
                       training->networks.vae, training->folder.conditioning.latent_scale,
                       generator);
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
