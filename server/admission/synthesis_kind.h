// SynthesisKind: a person in a pose.
#pragma once

#include "server/admission/job_kind.h"

namespace atelier::server {

class SynthesisKind final : public JobKind {
 public:
  v1::JobSpec::KindCase spec_case() const override { return v1::JobSpec::kSynthesis; }
  std::string ModelOf(const v1::JobSpec& spec) const override { return spec.synthesis().model(); }
  void SetModel(v1::JobSpec& spec, const std::string& model) const override {
    spec.mutable_synthesis()->set_model(model);
  }
  Status Check(const v1::JobSpec& spec, const SpecContext& context) const override;
  void FillDefaults(v1::JobSpec& spec, const std::optional<v1::Model>& model) const override;
  std::vector<Warning> WarningsOf(const v1::JobSpec& spec, const v1::Model& model) const override;
  std::vector<v1::Picture*> PicturesOf(v1::JobSpec& spec) const override;
  /// Model, size, steps, scheduler, guidance on or off. Fields that are left to the model's default
  /// stand as "-", which is the same value for all of them.
  std::string BatchKey(const v1::JobSpec& spec) const override;
  /// A size or step count that the spec does not have counts as a megapixel and as one.
  JobSize SizeOf(const v1::JobSpec& spec, BlobReader& blobs) const override;
  int CountResults(const v1::JobSpec& spec) const override {
    return spec.synthesis().image_count();
  }
};

}  // namespace atelier::server
