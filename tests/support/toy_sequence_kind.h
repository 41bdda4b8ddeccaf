// A second kind of jobs, JobSpec.sequence: a few lines that stand for whatever comes after
// syntheses. It paints its source with the model "toy" (toy_pipeline.h), kFrames times, each time
// with another keypoint picture.
#pragma once

#include <memory>
#include <stop_token>

#include "generation/preparation/job_kind.h"
#include "generation/preparation/job_preparer.h"

namespace atelier::testing {

class ToySequenceKind : public generation::JobKind {
 public:
  static constexpr int kFrames = 3;

  explicit ToySequenceKind(generation::JobPreparer& preparer) : preparer_(preparer) {}

  Result<std::unique_ptr<generation::PaintJob>> Prepare(const v1::LeasedJob& leased,
                                                        std::stop_token stop) override;

 private:
  generation::JobPreparer& preparer_;
};

}  // namespace atelier::testing
