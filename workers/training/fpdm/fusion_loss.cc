#include "training/fpdm/fusion_loss.h"

#include "engine/nn/unit_length.h"

namespace atelier::training {

FusionLoss ComputeFusionLoss(const FusionEmbeddings& embeddings, const FusionLossOptions& options) {
  const auto with_sources = [&](const at::Tensor& x) {
    return options.source_enhanced ? at::cat({x, embeddings.source}, 0) : x;
  };
  const at::Tensor target = with_sources(embeddings.target);
  const at::Tensor source = with_sources(embeddings.source);
  const at::Tensor fusion = with_sources(embeddings.fusion);

  FusionLoss loss;
  loss.logits =
      at::matmul(engine::UnitLength(target), engine::UnitLength(fusion).t()) / options.temperature;
  const at::Tensor own = at::arange(target.size(0), target.options().dtype(at::kLong));
  loss.contrast = at::cross_entropy_loss(loss.logits, own);
  loss.distance = (source - fusion).abs().mean();
  loss.loss = loss.contrast + options.distance_weight * loss.distance;
  return loss;
}

at::Tensor OwnPlaces(const at::Tensor& logits) {
  const at::Tensor own = logits.diagonal().unsqueeze(1);
  // Counted by those that are less, so that a number that is none (NaN) comes last.
  return (logits.size(1) - logits.lt(own).sum(1)).to(at::kFloat);
}

}  // namespace atelier::training
