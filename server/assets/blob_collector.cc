#include "server/assets/blob_collector.h"

#include <google/protobuf/message.h>
#include <spdlog/spdlog.h>

#include <limits>

#include "atelier/v1/job.pb.h"

namespace atelier::server {
namespace {

constexpr int kPageSize = 500;

// Every string of the message that is an asset's name, whichever field of whichever kind of spec it
// stands in, so that a new kind of job cannot be forgotten here.
void AddNames(const google::protobuf::Message& message, BlobStore::Digests& named) {
  using Field = google::protobuf::FieldDescriptor;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const Field*> fields;
  reflection.ListFields(message, &fields);
  for (const Field* field : fields) {
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      if (field->cpp_type() == Field::CPPTYPE_MESSAGE) {
        AddNames(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
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

}  // namespace

Result<BlobStore::Digests> BlobCollector::Named() {
  BlobStore::Digests named;
  int64_t before = std::numeric_limits<int64_t>::max();
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const std::vector<JobRecord> page, jobs_.List(kPageSize, before));
    for (const JobRecord& job : page) {
      v1::JobSpec spec;
      v1::Job outcome;
      if (!spec.ParseFromString(job.spec) || !outcome.ParseFromString(job.outcome)) {
        return MakeError(Code::kDataLoss, "BAD_JOB_ROW", "jobs/" + job.id + " does not parse");
      }
      AddNames(spec, named);
      AddNames(outcome, named);
    }
    if (page.size() < kPageSize) return named;
    before = page.back().sequence;
  }
}

Result<BlobStore::Swept> BlobCollector::Collect() {
  ATELIER_ASSIGN_OR_RETURN(const BlobStore::Digests named, Named());
  ATELIER_ASSIGN_OR_RETURN(const BlobStore::Swept swept, blobs_.Sweep(named, options_.unused_for));
  metrics_.collected_blobs.Increment(static_cast<double>(swept.blobs));
  metrics_.blob_bytes.Set(static_cast<double>(blobs_.bytes()));
  if (swept.blobs > 0) {
    spdlog::info("blobs={} bytes={} collected, {} named by jobs stay", swept.blobs, swept.bytes,
                 named.size());
  }
  return swept;
}

}  // namespace atelier::server
