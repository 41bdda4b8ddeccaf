#include "limits/limits.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <limits>

#include "atelier/v1/dispatch.pb.h"
#include "atelier/v1/job.pb.h"
#include "atelier/v1/synthesis.pb.h"

namespace atelier {
namespace {

/// "`PATH` must be RULE. Given: VALUE" of the spec that `spoil` makes of an empty one; "" when it
/// breaks no rule.
std::string Broken(const std::function<void(v1::SynthesisSpec&)>& spoil) {
  v1::SynthesisSpec spec;
  spoil(spec);
  const Status status = CheckLimits(spec, "spec");
  return status ? "" : status.error().message;
}

std::string BrokenTtl(int64_t seconds, int32_t nanos = 0) {
  v1::JobSpec spec;
  spec.mutable_queue_ttl()->set_seconds(seconds);
  spec.mutable_queue_ttl()->set_nanos(nanos);
  const Status status = CheckLimits(spec);
  return status ? "" : status.error().message;
}

}  // namespace

TEST_CASE("A number just outside of its limits is refused in words, one at them is not",
          "[limits]") {
  CHECK(Broken([](auto& s) { s.set_steps(1); }) == "");
  CHECK(Broken([](auto& s) { s.set_steps(200); }) == "");
  CHECK(Broken([](auto& s) { s.set_steps(0); }) == "`spec.steps` must be 1 to 200. Given: 0");
  CHECK(Broken([](auto& s) { s.set_steps(201); }) == "`spec.steps` must be 1 to 200. Given: 201");
  CHECK(Broken([](auto& s) { s.set_preview_every(-1); }) ==
        "`spec.preview_every` must be 0 to 200. Given: -1");
  CHECK(Broken([](auto& s) { s.set_image_count(std::numeric_limits<int32_t>::max()); }) ==
        "`spec.image_count` must be 1 to 8. Given: 2147483647");
}

TEST_CASE("A side must be a multiple as well", "[limits]") {
  for (const int side : {64, 72, 1024}) {
    CHECK(Broken([&](auto& s) { s.set_height(side), s.set_width(side); }) == "");
  }
  for (const int side : {56, 65, 1032, -64}) {
    CHECK(Broken([&](auto& s) { s.set_height(side); }) ==
          "`spec.height` must be a multiple of 8 from 64 to 1024. Given: " + std::to_string(side));
  }
}

TEST_CASE("A number may be one of a few", "[limits]") {
  for (const int scale : {1, 2, 4}) {
    CHECK(Broken([&](auto& s) { s.set_output_scale(scale); }) == "");
  }
  for (const int scale : {0, 3, 8, -1}) {
    CHECK(Broken([&](auto& s) { s.set_output_scale(scale); }) ==
          "`spec.output_scale` must be 1, 2 or 4. Given: " + std::to_string(scale));
  }
  CHECK(Broken([](auto& s) { s.mutable_pose_person()->set_index(32); }) ==
        "`spec.pose_person.index` must be 0 to 31. Given: 32");
}

TEST_CASE("An enumeration has one of its values", "[limits]") {
  CHECK(Broken([](auto& s) { s.set_keep_shape(v1::KEEP_SHAPE_TARGET); }) == "");
  CHECK(Broken([](auto& s) { s.set_keep_shape(static_cast<v1::KeepShape>(9)); }) ==
        "`spec.keep_shape` must be a value of KeepShape. Given: 9");
  CHECK(Broken([](auto& s) { s.set_pose_estimator(static_cast<v1::Estimator>(-1)); }) ==
        "`spec.pose_estimator` must be a value of Estimator. Given: -1");
}

TEST_CASE("A fraction keeps its digits and NaN is in no range", "[limits]") {
  CHECK(Broken([](auto& s) { s.set_guidance(1); }) == "");
  CHECK(Broken([](auto& s) { s.set_guidance(30); }) == "");
  CHECK(Broken([](auto& s) { s.set_guidance(0.5); }) ==
        "`spec.guidance` must be 1 to 30. Given: 0.5");
  CHECK(Broken([](auto& s) { s.set_guidance(30.25); }) ==
        "`spec.guidance` must be 1 to 30. Given: 30.25");
  CHECK(Broken([](auto& s) { s.set_guidance(std::nan("")); }) ==
        "`spec.guidance` must be 1 to 30. Given: nan");
  CHECK(Broken([](auto& s) { s.set_guidance(INFINITY); }) ==
        "`spec.guidance` must be 1 to 30. Given: inf");
}

TEST_CASE("What is not set breaks no rule, unless its field alone is asked about", "[limits]") {
  CHECK(CheckLimits(v1::SynthesisSpec()).has_value());
  CHECK(CheckLimits(v1::LeaseJobsRequest()).has_value());
  const Status none = CheckField(v1::LeaseJobsRequest(), "max_jobs", "max_jobs");
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().message == "`max_jobs` must be 1 to 64. Given: 0");
  CHECK(CheckField(v1::LeaseJobsRequest(), "wait", "wait").has_value());
  CHECK(CheckField(v1::LeaseJobsRequest(), "worker", "worker").has_value());
}

TEST_CASE("A duration counts in seconds, with its fraction, and must be one", "[limits]") {
  CHECK(BrokenTtl(1) == "");
  CHECK(BrokenTtl(30 * 24 * 3600) == "");
  CHECK(BrokenTtl(0, 500'000'000) == "`queue_ttl` must be 1 s to 30 days. Given: 0.5 s");
  CHECK(BrokenTtl(-1) == "`queue_ttl` must be 1 s to 30 days. Given: -1 s");
  CHECK(BrokenTtl(30 * 24 * 3600 + 1) == "`queue_ttl` must be 1 s to 30 days. Given: 2592001 s");
  // Not normalised: seconds and nanoseconds of different signs.
  CHECK(BrokenTtl(2, -5) != "");
  CHECK(BrokenTtl(1, 1'000'000'000) != "");
  v1::LeaseJobsRequest lease;
  lease.mutable_wait()->set_seconds(31);
  CHECK(CheckLimits(lease).error().message == "`wait` must be 0 to 30 s. Given: 31 s");
}

TEST_CASE("A text has a length and an alphabet, the class's own characters included", "[limits]") {
  v1::SubmitJobRequest request;
  const auto broken = [&](const std::string& request_id) {
    request.set_request_id(request_id);
    const Status status = CheckLimits(request);
    return status ? "" : status.error().message;
  };
  const std::string rule = "`request_id` must be at most 128 characters of [A-Za-z0-9._-]. Given: ";
  CHECK(broken("AZaz09._-") == "");
  CHECK(broken(std::string(128, 'a')) == "");
  CHECK(broken(std::string(129, 'a')) == rule + "129 characters");
  for (const char* text : {"a b", "a,b", "[", "]", "@", "`", "{", "/", ":", "\xc3\xa4"}) {
    CHECK(broken(text) == rule + text);
  }
}

TEST_CASE("Too many entries are refused by their number", "[limits]") {
  v1::JobSpec spec;
  for (int i = 0; i < 32; ++i) spec.add_strict("ALL");
  CHECK(CheckLimits(spec).has_value());
  spec.add_strict("ALL");
  CHECK(CheckLimits(spec, "spec").error().message ==
        "`spec.strict` must be at most 32 entries. Given: 33");
}

TEST_CASE("The first broken field within a message is named by its path", "[limits]") {
  v1::SubmitJobRequest request;
  request.mutable_spec()->mutable_synthesis()->set_width(63);
  request.mutable_spec()->set_priority(11);
  request.set_request_id("a b");
  CHECK(CheckLimits(request).error().field == "spec.synthesis.width");
  request.mutable_spec()->mutable_synthesis()->clear_width();
  CHECK(CheckLimits(request).error().field == "spec.priority");
  CHECK(CheckLimits(request).error().code == Code::kInvalidArgument);
  request.mutable_spec()->clear_priority();
  CHECK(CheckLimits(request).error().field == "request_id");
}

TEST_CASE("Of messages in a list the broken one's number is part of the path", "[limits]") {
  v1::JobSpec spec;
  v1::EditSpec& edit = *spec.mutable_edit();
  edit.add_swaps()->set_strength(1);
  edit.add_swaps()->mutable_colour()->set_red(256);
  const Status status = CheckLimits(spec, "spec");
  REQUIRE_FALSE(status.has_value());
  CHECK(status.error().field == "spec.edit.swaps[1].colour.red");
}

}  // namespace atelier
