// What can never run is refused before it is queued, by the name of its field.
#include <signal.h>

#include <catch2/catch.hpp>
#include <functional>
#include <limits>

#include "integration/studio.h"
#include "integration/test_pictures.h"

namespace atelier::testing {
namespace {

struct Refusal {
  std::string what;
  std::function<void(v1::JobSpec&)> spoil;
  Code code;
  /// The error's field, and parts of its message: the rule and the value.
  std::string field;
  std::string rule;
  std::string value;
};

Refusal OfSource(const std::string& what, const std::string& bytes, const std::string& rule,
                 const std::string& value) {
  const auto spoil = [bytes](v1::JobSpec& spec) {
    spec.mutable_synthesis()->mutable_source()->set_data(bytes);
  };
  return {what, spoil, Code::kInvalidArgument, "spec.synthesis.source", rule, value};
}

template <typename Value>
Refusal OfField(const std::string& name, void (v1::SynthesisSpec::*set)(Value), Value value,
                const std::string& rule, const std::string& shown) {
  const auto spoil = [=](v1::JobSpec& spec) { (spec.mutable_synthesis()->*set)(value); };
  return {name + " of " + shown,    spoil, Code::kInvalidArgument,
          "spec.synthesis." + name, rule,  shown};
}

/// The header of a PNG that says it is so large, and the rest of a small one.
std::string Bomb(const std::string& sides) {
  std::string png = PersonPng();
  return png.replace(16, 8, sides);
}

std::vector<Refusal> PictureRefusals() {
  const std::string png = PersonPng();
  return {
      OfSource("no picture", "a man walks into a bar", "a PNG, JPEG, WebP or HEIC file",
               "22 bytes"),
      OfSource("nothing at all", "", "a PNG, JPEG, WebP or HEIC file", "0 bytes"),
      OfSource("one pixel", FlatPng(1, 1), "16 to 8192 pixels a side", "1 x 1"),
      OfSource("a bomb of 65535 x 65535", Bomb(std::string("\0\0\xff\xff\0\0\xff\xff", 8)),
               "16 to 8192 pixels a side", "65535 x 65535"),
      OfSource("a bomb of 8192 x 8192", Bomb(std::string("\0\0\x20\0\0\0\x20\0", 8)),
               "at most 50000000 pixels in all", "8192 x 8192"),
      OfSource("more than 32 MiB", png + std::string(32 << 20, 'x'), "at most 33554432 bytes",
               std::to_string(png.size() + (32 << 20))),
      OfSource("cut off in its header", png.substr(0, 12), "a whole PNG, JPEG, WebP or HEIC file",
               "12 bytes"),
      OfSource("cut off in its pixels", png.substr(0, png.size() / 2),
               "a whole PNG, JPEG, WebP or HEIC file", std::to_string(png.size() / 2)),
      OfSource("cut off before its last byte", png.substr(0, png.size() - 1),
               "a whole PNG, JPEG, WebP or HEIC file", std::to_string(png.size() - 1)),
      {"no source", [](v1::JobSpec& spec) { spec.mutable_synthesis()->clear_source(); },
       Code::kInvalidArgument, "spec.synthesis.source", "a picture by data or asset", "none"},
      {"no target", [](v1::JobSpec& spec) { spec.mutable_synthesis()->clear_pose_iuv(); },
       Code::kInvalidArgument, "spec.synthesis.target", "one of pose_picture and pose_iuv", "none"},
      {"an asset that was never uploaded",
       [](v1::JobSpec& spec) {
         spec.mutable_synthesis()->mutable_source()->set_asset("assets/" + std::string(64, '0'));
       },
       Code::kNotFound, "spec.synthesis.source.asset", "no asset", "0000"},
  };
}

std::vector<Refusal> NumberRefusals() {
  using Spec = v1::SynthesisSpec;
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::string sides = "a multiple of 8 from 64 to 1024";
  return {
      OfField("steps", &Spec::set_steps, 0, "1 to 200", "0"),
      OfField("steps", &Spec::set_steps, -1, "1 to 200", "-1"),
      OfField("steps", &Spec::set_steps, 2147483647, "1 to 200", "2147483647"),
      OfField("height", &Spec::set_height, 100, sides, "100"),
      OfField("height", &Spec::set_height, 56, sides, "56"),
      OfField("width", &Spec::set_width, 1032, sides, "1032"),
      OfField("width", &Spec::set_width, -64, sides, "-64"),
      OfField("guidance", &Spec::set_guidance, 0.5, "1 to 30", "0.5"),
      OfField("guidance", &Spec::set_guidance, 1e300, "1 to 30", "1000000"),
      OfField("guidance", &Spec::set_guidance, kNan, "1 to 30", "nan"),
      OfField("guidance", &Spec::set_guidance, kInfinity, "1 to 30", "inf"),
      OfField("image_count", &Spec::set_image_count, 9, "1 to 8", "9"),
      OfField("image_count", &Spec::set_image_count, 0, "1 to 8", "0"),
      OfField("preview_every", &Spec::set_preview_every, -3, "0 to 200", "-3"),
      {"a priority of 11", [](v1::JobSpec& spec) { spec.set_priority(11); }, Code::kInvalidArgument,
       "spec.priority", "-10 to 10", "11"},
      {"no time in the queue", [](v1::JobSpec& spec) { spec.mutable_queue_ttl(); },
       Code::kInvalidArgument, "spec.queue_ttl", "1 s to 30 days", "0 s"},
      {"a year in the queue",
       [](v1::JobSpec& spec) { spec.mutable_queue_ttl()->set_seconds(31536000); },
       Code::kInvalidArgument, "spec.queue_ttl", "1 s to 30 days", "31536000 s"},
      {"an unknown scheduler",
       [](v1::JobSpec& spec) { spec.mutable_synthesis()->set_scheduler("magic"); },
       Code::kInvalidArgument, "spec.synthesis.scheduler", "one of the model's schedulers",
       "magic"},
      {"an unknown model",
       [](v1::JobSpec& spec) { spec.mutable_synthesis()->set_model("models/unheard-of"); },
       Code::kInvalidArgument, "spec.synthesis.model", "a model that a worker holds",
       "models/unheard-of"},
      {"a field that is not there",
       [](v1::JobSpec& spec) {
         v1::SynthesisSpec& synthesis = *spec.mutable_synthesis();
         synthesis.GetReflection()->MutableUnknownFields(&synthesis)->AddVarint(4711, 1);
       },
       Code::kInvalidArgument, "spec.synthesis.4711", "a field of atelier.v1.SynthesisSpec",
       "field number 4711"},
  };
}

}  // namespace

TEST_CASE("A request that can never run is refused by its field and nothing is queued",
          "[integration]") {
  Studio studio;
  studio.StartAll();
  // Without a worker anything that was queued would stay there to be seen.
  studio.generation().Signal(SIGTERM);
  REQUIRE(studio.generation().Wait() == 0);

  std::vector<Refusal> refusals = PictureRefusals();
  for (const Refusal& refusal : NumberRefusals()) refusals.push_back(refusal);
  for (const Refusal& refusal : refusals) {
    v1::JobSpec spec;
    *spec.mutable_synthesis() = PersonSpec(2);
    refusal.spoil(spec);
    const auto job = studio.client().Submit(spec);
    INFO(refusal.what);
    REQUIRE_FALSE(job.has_value());
    INFO(job.error().message << " [" << job.error().field << "]");
    CHECK(job.error().code == refusal.code);
    CHECK(job.error().field == refusal.field);
    CHECK(job.error().message.find(refusal.rule) != std::string::npos);
    CHECK(job.error().message.find(refusal.value) != std::string::npos);
  }
  // Every number is a seed.
  v1::JobSpec most;
  *most.mutable_synthesis() = PersonSpec(2);
  most.mutable_synthesis()->set_seed(std::numeric_limits<uint64_t>::max());
  const auto taken = studio.client().Submit(most);
  REQUIRE(taken.has_value());
  CHECK(taken->spec().synthesis().seed() == std::numeric_limits<uint64_t>::max());
  REQUIRE(studio.client().Cancel(taken->name()).has_value());
  REQUIRE(studio.client().Delete(taken->name()).has_value());
  CHECK(MetricValue(studio.ServerMetrics(), "atelier_queue_depth") == 0);
  CHECK(MetricValue(studio.ServerMetrics(), "atelier_jobs_submitted_total") == 1);
  CHECK(studio.client().List()->jobs_size() == 0);
}

TEST_CASE("A job with a picture of nobody fails by the picture's field, with the numbers",
          "[integration]") {
  Studio studio({.models = {TinyBlindModel()}});
  studio.StartAll();
  v1::SynthesisSpec spec = PersonSpec(2);
  const auto nobody = studio.client().Synthesize(spec);
  REQUIRE_FALSE(nobody.has_value());
  CHECK(nobody.error().reason == "NO_PERSON");
  INFO(nobody.error().message);
  CHECK(nobody.error().message.find("source: nobody is seen in the picture: tiny-blind's") !=
        std::string::npos);
  CHECK(nobody.error().message.find("must be at least 0.55. Given: 0.00") != std::string::npos);
  v1::EstimatePoseRequest request;
  request.mutable_picture()->set_data(PersonPng());
  const auto pose = studio.client().EstimatePose(request);
  REQUIRE_FALSE(pose.has_value());
  CHECK(pose.error().code == Code::kFailedPrecondition);
  CHECK(pose.error().reason == "NO_PERSON");
}

TEST_CASE("A file that is no picture cannot be uploaded", "[integration]") {
  Studio studio;
  studio.StartServer();
  const auto asset = studio.client().Upload("a man walks into a bar");
  REQUIRE_FALSE(asset.has_value());
  CHECK(asset.error().code == Code::kInvalidArgument);
  const auto cut = studio.client().Upload(PersonPng().substr(0, 500));
  REQUIRE_FALSE(cut.has_value());
  CHECK(cut.error().code == Code::kInvalidArgument);
  CHECK(cut.error().field == "chunk");
  CHECK(studio.client().ListAssets()->assets_size() == 0);
}

TEST_CASE("A page token that the server did not make is refused", "[integration]") {
  Studio studio;
  studio.StartServer();
  const auto page = studio.client().List(10, "made up");
  REQUIRE_FALSE(page.has_value());
  CHECK(page.error().code == Code::kInvalidArgument);
}

}  // namespace atelier::testing
