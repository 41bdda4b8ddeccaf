// What the tests of job preparation share: pictures, and a worker with two models and fake
// services.
#pragma once

#include <catch2/catch.hpp>
#include <set>

#include "fake_painter.h"
#include "fake_perception.h"
#include "generation/synthesis_kind.h"
#include "imaging/picture_codec.h"

namespace atelier::generation {

inline std::string Png(int height, int width, uint8_t value) {
  return imaging::EncodePng(Image(height, width, 3, value)).value();
}

inline std::string IuvPng(int height, int width, uint8_t value, const std::string& chart) {
  return imaging::EncodeIuv(Image(height, width, 3, value), chart).value();
}

struct Bench {
  Bench() {
    REQUIRE(painters.Add(std::make_unique<FakePainter>()));
    REQUIRE(painters.Add(std::make_unique<FakePainter>("published", "smpl")));
    spec.mutable_source()->set_data(Png(256, 176, 10));
    spec.mutable_pose_picture()->set_data(Png(256, 176, 20));
    spec.set_model("models/mini");
    spec.set_seed(100);
  }
  Result<std::unique_ptr<PaintJob>> Prepare() {
    v1::LeasedJob job;
    job.set_job("jobs/1");
    job.set_lease("token");
    *job.mutable_spec()->mutable_synthesis() = spec;
    return kind.Prepare(job, {});
  }
  /// From here on the spec is for a model whose pipeline reads `conditions` alone.
  void ReadOnly(std::vector<engine::Condition> conditions) {
    auto painter = std::make_unique<FakePainter>("picky");
    painter->Read(std::move(conditions));
    REQUIRE(painters.Add(std::move(painter)));
    spec.set_model("models/picky");
  }

  PainterSet painters;
  FakeAssets assets;
  FakePerception perception;
  telemetry::Metrics metrics;
  ConditionsCache cache{64 << 20, metrics};
  JobPreparer preparer{painters, assets, perception, cache};
  SynthesisKind kind{preparer};
  v1::SynthesisSpec spec;
};

}  // namespace atelier::generation
