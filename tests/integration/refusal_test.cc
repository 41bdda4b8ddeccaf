// What can never run is refused before it is queued, by the name of its field.
#include <signal.h>

#include <catch2/catch.hpp>

#include "integration/studio.h"
#include "integration/test_pictures.h"

namespace atelier::testing {
namespace {

struct Refusal {
  std::string what;
  std::function<void(v1::SynthesisSpec&)> spoil;
  Code code;
  /// Must be the end of the error's field.
  std::string field;
};

const std::vector<Refusal>& Refusals() {
  using Spec = v1::SynthesisSpec;
  static const std::vector<Refusal> refusals = {
      {"a source that is no picture",
       [](Spec& spec) { spec.mutable_source()->set_data("a man walks into a bar"); },
       Code::kInvalidArgument, "source"},
      {"a source of one pixel", [](Spec& spec) { spec.mutable_source()->set_data(FlatPng(1, 1)); },
       Code::kInvalidArgument, "source"},
      {"a source cut off in its header",
       [](Spec& spec) { spec.mutable_source()->set_data(PersonPng().substr(0, 12)); },
       Code::kInvalidArgument, "source"},
      {"no source", [](Spec& spec) { spec.clear_source(); }, Code::kInvalidArgument, "source"},
      {"no target", [](Spec& spec) { spec.clear_pose_iuv(); }, Code::kInvalidArgument, "target"},
      {"no steps", [](Spec& spec) { spec.set_steps(0); }, Code::kInvalidArgument, "steps"},
      {"too many steps", [](Spec& spec) { spec.set_steps(201); }, Code::kInvalidArgument, "steps"},
      {"a height between the eights", [](Spec& spec) { spec.set_height(100); },
       Code::kInvalidArgument, "height"},
      {"a guidance below 1", [](Spec& spec) { spec.set_guidance(0.5); }, Code::kInvalidArgument,
       "guidance"},
      {"nine pictures", [](Spec& spec) { spec.set_image_count(9); }, Code::kInvalidArgument,
       "image_count"},
      {"an unknown scheduler", [](Spec& spec) { spec.set_scheduler("magic"); },
       Code::kInvalidArgument, "scheduler"},
      {"an unknown model", [](Spec& spec) { spec.set_model("models/unheard-of"); },
       Code::kInvalidArgument, "model"},
      {"an asset that was never uploaded",
       [](Spec& spec) { spec.mutable_source()->set_asset("assets/" + std::string(64, '0')); },
       Code::kNotFound, "source"},
  };
  return refusals;
}

}  // namespace

TEST_CASE("A request that can never run is refused by its field and nothing is queued",
          "[integration]") {
  Studio studio;
  studio.StartAll();
  // Without a worker anything that was queued would stay there to be seen.
  studio.generation().Signal(SIGTERM);
  REQUIRE(studio.generation().Wait() == 0);

  for (const Refusal& refusal : Refusals()) {
    v1::JobSpec spec;
    *spec.mutable_synthesis() = PersonSpec(2);
    refusal.spoil(*spec.mutable_synthesis());
    const auto job = studio.client().Submit(spec);
    INFO(refusal.what);
    REQUIRE_FALSE(job.has_value());
    INFO(job.error().message << " [" << job.error().field << "]");
    CHECK(job.error().code == refusal.code);
    CHECK((job.error().field + job.error().message).find(refusal.field) != std::string::npos);
    if (refusal.code == Code::kInvalidArgument) CHECK(job.error().field.ends_with(refusal.field));
  }
  CHECK(MetricValue(studio.ServerMetrics(), "atelier_queue_depth") == 0);
  CHECK(MetricValue(studio.ServerMetrics(), "atelier_jobs_submitted_total") <= 0);
  CHECK(studio.client().List()->jobs_size() == 0);
}

TEST_CASE("A file that is no picture cannot be uploaded", "[integration]") {
  Studio studio;
  studio.StartServer();
  const auto asset = studio.client().Upload("a man walks into a bar");
  REQUIRE_FALSE(asset.has_value());
  CHECK(asset.error().code == Code::kInvalidArgument);
}

TEST_CASE("A page token that the server did not make is refused", "[integration]") {
  Studio studio;
  studio.StartServer();
  const auto page = studio.client().List(10, "made up");
  REQUIRE_FALSE(page.has_value());
  CHECK(page.error().code == Code::kInvalidArgument);
}

}  // namespace atelier::testing
