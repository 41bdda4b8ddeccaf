#include "warnings/spec_warnings.h"

#include <catch2/catch.hpp>

namespace atelier {
namespace {

/// As atelier-mini says of itself: 1 step by default, made for 1 to 2, a seed does not matter.
v1::Model Mini() {
  v1::Model model;
  model.set_name("models/mini");
  model.set_default_steps(1);
  model.set_min_steps(1);
  model.set_max_steps(2);
  return model;
}

v1::JobSpec Spec(std::optional<int> steps, std::optional<int> image_count = {}) {
  v1::JobSpec spec;
  if (steps) spec.mutable_synthesis()->set_steps(*steps);
  if (image_count) spec.mutable_synthesis()->set_image_count(*image_count);
  spec.mutable_synthesis();
  return spec;
}

std::vector<std::string> ReasonsOf(const std::vector<Warning>& warnings) {
  std::vector<std::string> reasons;
  for (const Warning& warning : warnings) reasons.push_back(warning.reason);
  return reasons;
}

using Reasons = std::vector<std::string>;

}  // namespace

TEST_CASE("Steps that the model was not made for are a warning with the limit they break",
          "[spec_warnings]") {
  CHECK(WarningsOfSpec(Spec({}), Mini()).empty());
  CHECK(WarningsOfSpec(Spec(2), Mini()).empty());
  const auto many = WarningsOfSpec(Spec(30), Mini());
  REQUIRE(ReasonsOf(many) == Reasons{"STEPS_OUT_OF_RANGE"});
  CHECK(many[0].field == "steps");
  CHECK(many[0].value == 30);
  CHECK(many[0].limit == 2);
  CHECK_THAT(many[0].message, Catch::Contains("models/mini") && Catch::Contains("1 to 2 steps"));

  v1::Model slow = Mini();
  slow.set_min_steps(10);
  slow.set_max_steps(50);
  const auto few = WarningsOfSpec(Spec(4), slow);
  REQUIRE(ReasonsOf(few) == Reasons{"STEPS_OUT_OF_RANGE"});
  CHECK(few[0].value == 4);
  CHECK(few[0].limit == 10);
  CHECK(WarningsOfSpec(Spec(10), slow).empty());
  CHECK(WarningsOfSpec(Spec(50), slow).empty());
}

TEST_CASE("Several pictures that no seed tells apart are a warning, one is not",
          "[spec_warnings]") {
  CHECK(WarningsOfSpec(Spec({}, 1), Mini()).empty());
  for (const auto& spec : {Spec({}, 3), Spec(1, 3)}) {
    const auto equal = WarningsOfSpec(spec, Mini());
    REQUIRE(ReasonsOf(equal) == Reasons{"SEED_WITHOUT_EFFECT"});
    CHECK(equal[0].field == "image_count");
    CHECK(equal[0].value == 3);
    CHECK(equal[0].limit == 1);
  }
  // At other steps than the default's its noise is seen.
  CHECK(WarningsOfSpec(Spec(2, 3), Mini()).empty());
  v1::Model usual = Mini();
  usual.set_seed_matters(true);
  CHECK(WarningsOfSpec(Spec({}, 3), usual).empty());
}

TEST_CASE("A model of an earlier worker, which says nothing of steps and seeds, warns of nothing",
          "[spec_warnings]") {
  v1::Model earlier = Mini();
  earlier.clear_min_steps();
  earlier.clear_max_steps();
  CHECK(WarningsOfSpec(Spec(30, 3), earlier).empty());
  CHECK(WarningsOfSpec(Spec({}, 3), earlier).empty());
}

TEST_CASE("Variations of an edit are equal where the model's seed has no effect",
          "[spec_warnings]") {
  v1::JobSpec edit;
  edit.mutable_edit()->set_variations(1);
  CHECK(WarningsOfSpec(edit, Mini()).empty());
  edit.mutable_edit()->set_variations(3);
  const std::vector<Warning> warnings = WarningsOfSpec(edit, Mini());
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].reason == "SEED_WITHOUT_EFFECT");
  CHECK(warnings[0].field == "variations");
  CHECK(warnings[0].value == 3.0);
  v1::Model usual = Mini();
  usual.set_seed_matters(true);
  CHECK(WarningsOfSpec(edit, usual).empty());
}

TEST_CASE("A job of another kind has none of a synthesis' warnings", "[spec_warnings]") {
  v1::JobSpec sequence;
  sequence.mutable_sequence();
  CHECK(WarningsOfSpec(sequence, Mini()).empty());
}

}  // namespace atelier
