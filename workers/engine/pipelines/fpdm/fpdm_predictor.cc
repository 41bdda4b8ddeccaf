#include "engine/pipelines/fpdm/fpdm_predictor.h"

#include <cstdint>
#include <vector>

#include "engine/models/unet/share_conditions.h"

namespace atelier::engine {
namespace {

/// Which branches of the guided batch run, in the order of its rows; the last one always does.
struct Branches {
  bool unconditional = false;
  bool without_fusion = false;

  int64_t count() const {
    return 1 + static_cast<int64_t>(unconditional) + static_cast<int64_t>(without_fusion);
  }
  /// One tensor per branch joined along the rows.
  at::Tensor Join(const at::Tensor& nothing, const at::Tensor& without,
                  const at::Tensor& all) const {
    std::vector<at::Tensor> rows;
    if (unconditional) rows.push_back(nothing);
    if (without_fusion) rows.push_back(without);
    rows.push_back(all);
    return at::cat(rows, 0);
  }
};

Branches BranchesOf(const FpdmConditions& conditions, const FpdmGuidance& guidance) {
  const bool guided = guidance.weight > 1.0;
  return {.unconditional = guided,
          .without_fusion = conditions.fusion.defined() && guidance.fusion_ratio != 1.0};
}

at::Tensor Guided(const at::Tensor& rows, const Branches& branches, const FpdmGuidance& guidance) {
  const std::vector<at::Tensor> v = rows.chunk(branches.count());
  const double weight = branches.unconditional ? guidance.weight : 1.0;
  // v0 + w (v1 - v0) is v1 where w is 1: v0 is not run then.
  at::Tensor guided = branches.unconditional ? v[0] + weight * (v[1] - v[0]) : v[0];
  if (branches.without_fusion)
    guided = guided + weight * guidance.fusion_ratio * (v.back() - v[v.size() - 2]);
  return guided;
}

}  // namespace

Predictor FpdmPredictor(UNet& unet, const FpdmConditions& conditions,
                        const FpdmGuidance& guidance) {
  const Branches branches = BranchesOf(conditions, guidance);
  const at::Tensor& pose = conditions.pose_features;
  const at::Tensor pose_rows = branches.Join(at::zeros_like(pose), pose, pose);
  // Rows without tokens come first and are left out: UNet::Prepare().
  const Branches with_tokens{.without_fusion = branches.without_fusion};
  const bool one_source = conditions.tokens.size(0) == 1;
  const at::Tensor tokens =
      one_source ? conditions.tokens : with_tokens.Join({}, conditions.tokens, conditions.tokens);
  PreparedConditions prepared = ShareAmong(unet->Prepare({tokens, tokens, tokens}, nullptr),
                                           pose.size(0) * with_tokens.count());
  if (const at::Tensor& fusion = conditions.fusion; fusion.defined()) {
    const at::Tensor nothing = at::zeros_like(fusion);
    prepared.class_embedding = unet->EmbedClass(branches.Join(nothing, nothing, fusion));
  }
  return [=, &unet](const at::Tensor& latents, int64_t timestep) {
    const at::Tensor sample = latents.to(pose_rows.options()).repeat({branches.count(), 1, 1, 1});
    const at::Tensor timesteps =
        at::full({sample.size(0)}, timestep, sample.options().dtype(at::kLong));
    Prediction prediction;
    prediction.rows = unet->Forward(sample, timesteps, prepared, pose_rows).to(at::kFloat);
    prediction.guided = Guided(prediction.rows, branches, guidance);
    return prediction;
  };
}

}  // namespace atelier::engine
