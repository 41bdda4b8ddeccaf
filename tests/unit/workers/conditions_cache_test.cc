#include "generation/conditions/conditions_cache.h"

#include <catch2/catch.hpp>

namespace atelier::generation {
namespace {

std::shared_ptr<const Conditions> ConditionsOf(int bytes) {
  auto conditions = std::make_shared<Conditions>();
  conditions->picture = Image(1, bytes, 1);
  return conditions;
}

TEST_CASE("The cache drops what was used longest ago once its bytes are spent", "[cache]") {
  telemetry::Metrics metrics;
  ConditionsCache cache(100, metrics);
  cache.Insert("a", ConditionsOf(40));
  cache.Insert("b", ConditionsOf(40));
  REQUIRE(cache.Find("a") != nullptr);
  cache.Insert("c", ConditionsOf(40));
  CHECK(cache.Find("a") != nullptr);
  CHECK(cache.Find("b") == nullptr);
  CHECK(cache.Find("c") != nullptr);
  CHECK(cache.bytes() == 80);
}

TEST_CASE("A replaced entry frees its bytes", "[cache]") {
  telemetry::Metrics metrics;
  ConditionsCache cache(100, metrics);
  cache.Insert("a", ConditionsOf(90));
  cache.Insert("a", ConditionsOf(10));
  CHECK(cache.bytes() == 10);
  CHECK(cache.Find("a")->picture.width == 10);
}

TEST_CASE("Conditions larger than the budget are not kept and push nothing out", "[cache]") {
  telemetry::Metrics metrics;
  ConditionsCache cache(100, metrics);
  cache.Insert("a", ConditionsOf(60));
  cache.Insert("huge", ConditionsOf(101));
  CHECK(cache.Find("huge") == nullptr);
  CHECK(cache.Find("a") != nullptr);
}

TEST_CASE("Hits, misses and bytes are counted, also when an entry is dropped", "[cache]") {
  telemetry::Metrics metrics;
  ConditionsCache cache(100, metrics);
  CHECK(cache.Find("a") == nullptr);
  cache.Insert("a", ConditionsOf(40));
  cache.Insert("b", ConditionsOf(50));
  CHECK(metrics.condition_bytes.Value() == 90);
  REQUIRE(cache.Find("b") != nullptr);
  REQUIRE(cache.Find("b") != nullptr);
  cache.Insert("c", ConditionsOf(30));
  CHECK(cache.Find("a") == nullptr);
  CHECK(metrics.condition_hits.Value() == 2);
  CHECK(metrics.condition_misses.Value() == 2);
  CHECK(metrics.condition_bytes.Value() == 80);
}

TEST_CASE("Every part of the conditions counts against the budget", "[cache]") {
  Conditions conditions;
  conditions.picture = Image(2, 2, 3);
  conditions.iuv = Image(2, 2, 3);
  conditions.texture = Image(4, 6, 3);
  conditions.texture_validity = Image(4, 6, 1);
  conditions.face_embedding.resize(512);
  CHECK(conditions.bytes() == 12 + 12 + 72 + 24 + 2048);
}

}  // namespace
}  // namespace atelier::generation
