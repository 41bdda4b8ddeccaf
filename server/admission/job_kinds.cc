#include "server/admission/job_kinds.h"

#include <google/protobuf/descriptor.h>

#include <utility>
#include <vector>

#include "server/admission/edit_kind.h"
#include "server/admission/sequence_kind.h"
#include "server/admission/synthesis_kind.h"

namespace atelier::server {
namespace {

std::string FieldName(v1::JobSpec::KindCase spec_case) {
  return v1::JobSpec::descriptor()->FindFieldByNumber(spec_case)->name();
}

// "a", "a and b", "a, b and c".
std::string Listed(const std::vector<std::string>& names) {
  std::string list;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) list += i + 1 == names.size() ? " and " : ", ";
    list += names[i];
  }
  return list;
}

}  // namespace

std::shared_ptr<const JobKinds> BuiltInKinds() {
  const auto kinds = std::make_shared<JobKinds>();
  kinds->Add(std::make_unique<SynthesisKind>());
  kinds->Add(std::make_unique<EditKind>());
  kinds->Add(std::make_unique<SequenceKind>());
  return kinds;
}

void JobKinds::Add(std::unique_ptr<const JobKind> kind) {
  const v1::JobSpec::KindCase spec_case = kind->spec_case();
  kinds_[spec_case] = std::move(kind);
}

Result<const JobKind*> JobKinds::Find(const v1::JobSpec& spec) const {
  if (spec.kind_case() == v1::JobSpec::KIND_NOT_SET) {
    std::vector<std::string> all;
    const auto* kinds = v1::JobSpec::descriptor()->FindOneofByName("kind");
    for (int i = 0; i < kinds->field_count(); ++i) all.push_back(kinds->field(i)->name());
    return InvalidField("spec", "one of " + Listed(all), "none");
  }
  const auto found = kinds_.find(spec.kind_case());
  if (found != kinds_.end()) return found->second.get();
  std::vector<std::string> painted;
  for (const auto& [spec_case, kind] : kinds_) painted.push_back(FieldName(spec_case));
  return MakeError(Code::kUnimplemented, "UNKNOWN_SPEC",
                   "`spec." + FieldName(spec.kind_case()) + "` is not painted yet: jobs may hold " +
                       Listed(painted));
}

std::string JobKinds::NameOf(const JobKind& kind) { return FieldName(kind.spec_case()); }

}  // namespace atelier::server
