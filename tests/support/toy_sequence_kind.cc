#include "support/toy_sequence_kind.h"

#include <utility>
#include <vector>

namespace atelier::testing {
namespace {

struct SequenceJob : public generation::PaintJob {
  std::vector<Image> frames;

  engine::PaintRequest RequestOf(size_t index) const override {
    engine::PaintRequest request = PaintJob::RequestOf(index);
    request.keypoint_picture = frames[index];
    return request;
  }
};

}  // namespace

Result<std::unique_ptr<generation::PaintJob>> ToySequenceKind::Prepare(const v1::LeasedJob& leased,
                                                                       std::stop_token stop) {
  auto job = std::make_unique<SequenceJob>();
  ATELIER_ASSIGN_OR_RETURN(job->painter, preparer_.painters().Find("models/toy"));
  const engine::ModelInfo& info = job->painter->info();
  const generation::JobContext context{
      info, std::move(stop), job->warnings, {leased.job(), leased.lease()}};
  ATELIER_RETURN_IF_ERROR(preparer_.FillPerson(
      {.source = leased.spec().sequence().source(), .iuv_chart = {}}, context, job->conditions));
  for (int frame = 0; frame < kFrames; ++frame) {
    job->seeds.push_back(static_cast<uint64_t>(frame));
    // One bright pixel, further right in each frame.
    Image& keypoints = job->frames.emplace_back(info.height, info.width, 3);
    keypoints.at(0, frame)[0] = 255;
  }
  return job;
}

}  // namespace atelier::testing
