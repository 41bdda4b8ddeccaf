// SequenceKind: a person in one pose after another.
#pragma once

#include "server/admission/job_kind.h"

namespace atelier::server {

class SequenceKind final : public JobKind {
 public:
  v1::JobSpec::KindCase spec_case() const override { return v1::JobSpec::kSequence; }
  std::string ModelOf(const v1::JobSpec& spec) const override { return spec.sequence().model(); }
  void SetModel(v1::JobSpec& spec, const std::string& model) const override {
    spec.mutable_sequence()->set_model(model);
  }
  Status Check(const v1::JobSpec& spec, const SpecContext& context) const override;
  void FillDefaults(v1::JobSpec& spec, const std::optional<v1::Model>& model) const override;
  std::vector<Warning> WarningsOf(const v1::JobSpec& spec, const v1::Model& model) const override;
  std::vector<v1::Picture*> PicturesOf(v1::JobSpec& spec) const override;
  /// A sequence fills its batches itself: each has a key of its own, so that no worker leases
  /// several while others are idle.
  std::string BatchKey(const v1::JobSpec& spec) const override;
  /// A film that does not tell its length counts as the longest.
  JobSize SizeOf(const v1::JobSpec& spec, BlobReader& blobs) const override;
  int CountResults(const v1::JobSpec& spec) const override;
  int MostResults() const override;
  bool RecordsResults() const override { return true; }
};

}  // namespace atelier::server
