// The operator's rules: what is asked of them, and that whatever is not allowed is refused.
#include <catch2/catch.hpp>

#include "unit/server/backend.h"
#include "unit/server/house_rules.h"

namespace atelier::server {
namespace {

using Mood = HouseRules::Mood;

constexpr std::chrono::milliseconds kShort(50);

Admission::Options Under(std::shared_ptr<const Moderator> moderator) {
  Admission::Options options;
  options.moderator = std::move(moderator);
  return options;
}

/// The error of a submit; nothing of it is kept.
Error RefusedBy(const std::shared_ptr<const Moderator>& moderator) {
  Backend backend({}, Under(moderator));
  backend.RegisterWorker();
  const auto job = backend.Submit(MakeSpec());
  REQUIRE_FALSE(job.has_value());
  CHECK(backend.store.Count()->queued == 0);
  CHECK(backend.CountBlobs() == 0);
  CHECK(backend.metrics.RefusedSubmits(job.error().reason).Value() == 1);
  return job.error();
}

}  // namespace

TEST_CASE("A job that is allowed is queued, after it was shown with its pictures", "[moderation]") {
  HouseRules rules;
  Backend backend({}, Under(rules.Ask()));
  backend.RegisterWorker();
  v1::JobSpec spec = MakeSpec();
  const std::string stored = *backend.blobs->Put(PngBytes(64, 64, "uploaded"));
  spec.mutable_synthesis()->mutable_pose_picture()->set_asset(AssetName(stored));
  SubmitRequest request;
  request.spec = spec;
  request.tenant = "studio-1";
  request.every_tenant = true;
  request.request_id = "once";
  REQUIRE(backend.admission.Submit(request).has_value());
  const v1::ReviewJobRequest asked = rules.job();
  CHECK(asked.tenant() == "studio-1");
  CHECK(asked.spec().synthesis().source().data() == PngBytes(64, 64, "source"));
  CHECK(asked.spec().synthesis().pose_picture().data() == PngBytes(64, 64, "uploaded"));
  CHECK(asked.spec().synthesis().has_seed());
  // The same request again is the same job, whatever the rules say of it now.
  rules.jobs = Mood::kRefuses;
  CHECK(backend.admission.Submit(request).has_value());
  CHECK(rules.questions == 1);
}

TEST_CASE("A request that breaks the API's rules is not shown to the operator's", "[moderation]") {
  HouseRules rules;
  Backend backend({}, Under(rules.Ask()));
  v1::JobSpec spec = MakeSpec();
  spec.mutable_synthesis()->set_steps(0);
  CHECK(backend.Submit(spec).error().field == "spec.synthesis.steps");
  CHECK(rules.questions == 0);
}

TEST_CASE("A job that is not allowed is refused with the service's words", "[moderation]") {
  HouseRules rules;
  rules.jobs = Mood::kRefuses;
  const Error refused = RefusedBy(rules.Ask());
  CHECK(refused.code == Code::kPermissionDenied);
  CHECK(refused.reason == "JOB_REFUSED");
  CHECK(refused.message == "no hats indoors");
}

TEST_CASE("A service that fails, is late or is not there refuses", "[moderation]") {
  HouseRules rules;
  const auto nobody =
      std::make_shared<const Moderator>(Moderator::Connect("127.0.0.1:1"), std::chrono::seconds(5));
  struct Row {
    Mood mood;
    std::shared_ptr<const Moderator> moderator;
  };
  for (const Row& row : {Row{Mood::kFails, rules.Ask()},
                         Row{Mood::kNeverAnswers, rules.Ask(kShort)}, Row{Mood::kAllows, nobody}}) {
    rules.jobs = row.mood;
    const Error refused = RefusedBy(row.moderator);
    CHECK(refused.code == Code::kUnavailable);
    CHECK(refused.reason == "MODERATION_UNREACHABLE");
  }
}

TEST_CASE("What happens while a result is looked at may end the question", "[moderation]") {
  HouseRules rules;
  rules.results = Mood::kNeverAnswers;
  const Status ended = rules.Ask()->ReviewResult({}, []() -> Status {
    return MakeError(Code::kAborted, "LEASE_LOST", "somebody else has it");
  });
  REQUIRE_FALSE(ended.has_value());
  CHECK(ended.error().reason == "LEASE_LOST");
}

TEST_CASE("A picture of more than gRPC's usual limit is shown whole", "[moderation]") {
  HouseRules rules;
  v1::ReviewResultRequest request;
  request.add_pictures(std::string(30 << 20, 'p'));
  CHECK(rules.Ask()->ReviewResult(request, {}).has_value());
  CHECK(rules.result().pictures(0).size() == 30 << 20);
}

}  // namespace atelier::server
