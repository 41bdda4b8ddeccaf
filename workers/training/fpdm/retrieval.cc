#include "training/fpdm/retrieval.h"

#include <cstdio>

#include "engine/nn/unit_length.h"
#include "training/fpdm/fusion_loss.h"

namespace atelier::training {

RetrievalScores ScoreRetrieval(const at::Tensor& queries, const at::Tensor& targets,
                               const at::Tensor& sources) {
  const at::Tensor gallery = at::cat({targets, sources}, 0);
  const at::Tensor places =
      OwnPlaces(at::matmul(engine::UnitLength(queries), engine::UnitLength(gallery).t()));
  const auto share = [&](int place) {
    return places.le(place).to(at::kFloat).mean().item<double>();
  };
  return {
      .r1 = share(1), .r3 = share(3), .r5 = share(5), .mean_rank = places.mean().item<double>()};
}

std::string ToText(const RetrievalScores& scores) {
  char line[120];
  std::snprintf(line, sizeof line, "R@1 %.3f R@3 %.3f R@5 %.3f mean rank %.1f", scores.r1,
                scores.r3, scores.r5, scores.mean_rank);
  return line;
}

}  // namespace atelier::training
