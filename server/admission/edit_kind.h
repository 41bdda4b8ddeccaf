// EditKind: a picture of a person with regions swapped.
#pragma once

#include "server/admission/job_kind.h"

namespace atelier::server {

class EditKind final : public JobKind {
 public:
  v1::JobSpec::KindCase spec_case() const override { return v1::JobSpec::kEdit; }
  std::string ModelOf(const v1::JobSpec& spec) const override { return spec.edit().model(); }
  void SetModel(v1::JobSpec& spec, const std::string& model) const override {
    spec.mutable_edit()->set_model(model);
  }
  Status Check(const v1::JobSpec& spec, const SpecContext& context) const override;
  /// Seed, variations, and what keep_rest means in the edit's pose.
  void FillDefaults(v1::JobSpec& spec, const std::optional<v1::Model>& model) const override;
  std::vector<Warning> WarningsOf(const v1::JobSpec& spec, const v1::Model& model) const override;
  std::vector<v1::Picture*> PicturesOf(v1::JobSpec& spec) const override;
  /// Edits that keep the base's pixels apart from those that are painted, and both apart from
  /// syntheses. A painted one is of the model's own size and steps.
  std::string BatchKey(const v1::JobSpec& spec) const override;
  /// What keeps the base's pixels: those of all pictures of people and garments, as large as they
  /// are edited, for reading and carrying them is the work; variations are the same picture. A
  /// painted one: a megapixel for each variation.
  JobSize SizeOf(const v1::JobSpec& spec, BlobReader& blobs) const override;
  int CountResults(const v1::JobSpec& spec) const override { return spec.edit().variations(); }
};

}  // namespace atelier::server
