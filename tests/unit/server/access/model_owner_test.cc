// Models belong to the workers that serve them.
#include <catch2/catch.hpp>

#include "server/dispatch/model_retention.h"
#include "unit/server/backend.h"

namespace atelier::server {
namespace {

constexpr char kName[] = "models/atelier-mini";

v1::Model Other(int height, const std::string& sha256 = "") {
  v1::Model model = MakeModel(kName);
  model.set_height(height);
  model.set_sha256(sha256);
  return model;
}

std::vector<std::string> ModelsOf(Backend& backend, const std::string& worker) {
  return backend.workers.ModelsOf(worker).value();
}

}  // namespace

TEST_CASE("A worker that says otherwise of a served model changes nothing and gets no jobs of it",
          "[access]") {
  Backend backend;
  REQUIRE(backend.workers.Register("one", {Other(64)}).has_value());
  REQUIRE(backend.workers.Register("two", {Other(999)}).has_value());
  CHECK(backend.workers.LiveModels().at(0).height() == 64);
  CHECK(backend.workers.FindKnown(kName)->height() == 64);
  CHECK(ModelsOf(backend, "one") == std::vector<std::string>{kName});
  CHECK(ModelsOf(backend, "two").empty());
  REQUIRE(backend.Submit(MakeSpec()).has_value());
  CHECK(backend.Lease(1, "two").empty());
  CHECK(backend.Lease(1, "one").size() == 1);
}

TEST_CASE("When the last worker that agrees is gone, what another says of the model counts",
          "[access]") {
  Backend backend;
  REQUIRE(backend.workers.Register("one", {Other(64)}).has_value());
  backend.clock.Advance(kLease * 3);
  REQUIRE(backend.workers.Register("two", {Other(128)}).has_value());
  CHECK(ModelsOf(backend, "two").empty());
  backend.clock.Advance(kLease * 2);
  backend.workers.Touch("two");
  CHECK(ModelsOf(backend, "two") == std::vector<std::string>{kName});
  CHECK(backend.workers.FindKnown(kName)->height() == 128);
  CHECK(backend.store.ListModels()->size() == 1);
}

TEST_CASE("Two releases that hold the same files serve one model", "[access]") {
  Backend backend;
  const std::string files(64, 'a');
  REQUIRE(backend.workers.Register("one", {Other(64, files)}).has_value());
  v1::Model newer = Other(64, files);
  newer.set_description("said in other words");
  REQUIRE(backend.workers.Register("two", {newer}).has_value());
  CHECK(ModelsOf(backend, "two").size() == 1);
  CHECK(backend.workers.FindKnown(kName)->description().empty());
  // The same worker may say something new of what it alone serves.
  backend.workers.Forget("one");
  REQUIRE(backend.workers.Register("two", {Other(128, std::string(64, 'b'))}).has_value());
  CHECK(backend.workers.FindKnown(kName)->height() == 128);
}

TEST_CASE("Models are bounded in number and size", "[access]") {
  Backend backend;
  std::vector<v1::Model> many;
  for (int i = 0; i < 65; ++i) many.push_back(MakeModel("models/" + std::to_string(i)));
  CHECK(backend.workers.Register("w", many).error().code == Code::kInvalidArgument);
  v1::Model large = MakeModel("models/large");
  large.set_description(std::string(WorkerRegistry::kMaxModelBytes, 'x'));
  CHECK(backend.workers.Register("w", {large}).error().code == Code::kInvalidArgument);
  for (size_t i = 0; i < WorkerRegistry::kMaxModels; ++i) {
    REQUIRE(backend.workers
                .Register("w" + std::to_string(i), {MakeModel("models/" + std::to_string(i))})
                .has_value());
  }
  const Status full = backend.workers.Register("w", {MakeModel("models/one-more")});
  CHECK(full.error().reason == "TOO_MANY_MODELS");
  CHECK(backend.workers.Register("w", {MakeModel("models/7")}).has_value());
}

TEST_CASE("A model that nobody serves for the set time is forgotten, and its jobs end and say so",
          "[access]") {
  Backend backend;
  constexpr std::chrono::milliseconds kTtl = std::chrono::hours(1);
  const auto forget = [&] {
    return ForgetGoneModels(backend.workers, backend.queue, kTtl).value();
  };
  backend.RegisterWorker();
  REQUIRE(backend.workers.Register("other", {MakeModel("models/other")}).has_value());
  const std::string id = backend.Submit(MakeSpec())->id;
  for (int i = 0; i < 8; ++i) {
    backend.clock.Advance(std::chrono::minutes(9));
    backend.workers.Touch("other");
    CHECK(forget() == (i == 6 ? 1 : 0));
  }
  const JobRecord job = *backend.queue.Get(id);
  CHECK(job.state == JobState::kExpired);
  CHECK(job.error_reason == "MODEL_GONE");
  CHECK_THAT(job.error_message, Catch::Contains(kName) && Catch::Contains("3600 s"));
  CHECK_FALSE(backend.workers.FindKnown(kName).has_value());
  CHECK(backend.store.ListModels()->size() == 1);
  CHECK(backend.workers.FindKnown("models/other").has_value());
  // From now on the same submit is refused at once.
  CHECK(backend.Submit(MakeSpec()).error().code == Code::kInvalidArgument);
}

TEST_CASE("Jobs for the default model that no worker ever brought end as well", "[access]") {
  Backend backend;
  const std::string id = backend.Submit(MakeSpec())->id;
  constexpr std::chrono::milliseconds kTtl = std::chrono::hours(1);
  CHECK(ForgetGoneModels(backend.workers, backend.queue, kTtl) == 0);
  backend.clock.Advance(std::chrono::minutes(61));
  CHECK(ForgetGoneModels(backend.workers, backend.queue, kTtl) == 1);
  CHECK(backend.queue.Get(id)->error_reason == "MODEL_GONE");
}

}  // namespace atelier::server
