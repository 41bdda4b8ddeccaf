// Retrieval of targets by embeddings: how well an embedding stands for the picture that it was
// fused for (FPDM, table 2).
#pragma once

#include <ATen/ATen.h>

#include <string>

namespace atelier::training {

struct RetrievalScores {
  /// Share of queries whose own target is the nearest, among the 3 and among the 5 nearest.
  double r1 = 0, r3 = 0, r5 = 0;
  /// Mean place of the own target, 1 is the nearest.
  double mean_rank = 0;
};

/// `queries` [N, D] look for `targets` [N, D], each for its own row, among all targets and all
/// `sources` [N, D], by cosine.
RetrievalScores ScoreRetrieval(const at::Tensor& queries, const at::Tensor& targets,
                               const at::Tensor& sources);

/// "R@1 0.997  R@3 ...".
std::string ToText(const RetrievalScores& scores);

}  // namespace atelier::training
