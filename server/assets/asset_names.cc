#include "server/assets/asset_names.h"

#include <limits>

#include "atelier/v1/job.pb.h"

namespace atelier::server {

void AddAssetNames(const google::protobuf::Message& message, BlobStore::Digests& named) {
  using Field = google::protobuf::FieldDescriptor;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const Field*> fields;
  reflection.ListFields(message, &fields);
  for (const Field* field : fields) {
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      if (field->cpp_type() == Field::CPPTYPE_MESSAGE) {
        AddAssetNames(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                           : reflection.GetMessage(message, field),
                      named);
      } else if (field->type() == Field::TYPE_STRING) {
        const std::string text = field->is_repeated()
                                     ? reflection.GetRepeatedString(message, field, i)
                                     : reflection.GetString(message, field);
        if (auto digest = DigestOfAsset(text)) named.insert(*std::move(digest));
      }
    }
  }
}

Result<NamedAssets> FindNamedAssets(JobStore& jobs) {
  constexpr int kPageSize = 500;
  NamedAssets named;
  int64_t before = std::numeric_limits<int64_t>::max();
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const std::vector<JobRecord> page, jobs.List(kPageSize, before));
    if (named.newest == 0 && !page.empty()) named.newest = page.front().sequence;
    for (const JobRecord& job : page) {
      v1::JobSpec spec;
      v1::Job outcome;
      if (!spec.ParseFromString(job.spec) || !outcome.ParseFromString(job.outcome)) {
        return MakeError(Code::kDataLoss, "BAD_JOB_ROW", "jobs/" + job.id + " does not parse");
      }
      AddAssetNames(spec, named.digests);
      AddAssetNames(outcome, named.digests);
    }
    if (page.size() < kPageSize) return named;
    before = page.back().sequence;
  }
}

}  // namespace atelier::server
