#include "generation/batch_run.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "generation/preparation/receipt.h"
#include "imaging/picture_codec.h"
#include "imaging/picture_fit.h"

namespace atelier::generation {
namespace {

/// Pixels of the longer side of a finished picture that is shown as a preview.
constexpr int kPreviewSide = 256;

/// Guidance and previews are no part of a batch key, so that one batch may hold several groups.
bool PaintsTogether(const PaintJob& a, const PaintJob& b) {
  // Which pictures of such a job are painted together is the same in every attempt, so that each is
  // the same to the bit.
  if (a.records_pictures || b.records_pictures) return false;
  return a.painter == b.painter && a.options.height == b.options.height &&
         a.options.width == b.options.width && a.options.steps == b.options.steps &&
         a.options.guidance == b.options.guidance && a.options.scheduler == b.options.scheduler;
}

}  // namespace

BatchRun::BatchRun(std::span<const PaintJob* const> jobs, runtime::BatchEvents& events,
                   int max_pictures, Yield yield)
    : jobs_(jobs),
      events_(events),
      max_pictures_(std::max(1, max_pictures)),
      yield_(std::move(yield)) {
  for (const PaintJob* job : jobs_) {
    Progress progress;
    progress.steps_done.resize(job->seeds.size());
    progress.painted = job->finished;
    progress_.push_back(std::move(progress));
  }
}

void BatchRun::Paint() {
  FinishUnpainted();
  for (size_t job = 0; job < jobs_.size(); ++job) {
    if (!progress_[job].ended && progress_[job].painted == jobs_[job]->seeds.size())
      EndPainted(job);
  }
  PaintGroups();
  for (size_t job = 0; job < jobs_.size(); ++job) {
    if (progress_[job].ended) continue;
    End(job, MakeError(Code::kCancelled, "CANCELLED", "nobody wanted the job any more"));
  }
}

void BatchRun::PaintGroups() {
  bool first = true;
  for (const Pictures& group : Groups()) {
    for (size_t at = 0; at < group.size(); at += max_pictures_) {
      if (!std::exchange(first, false) && !yield_()) return;
      PaintSet(std::span(group).subspan(at, std::min(max_pictures_, group.size() - at)));
    }
  }
}

std::vector<BatchRun::Pictures> BatchRun::Groups() const {
  std::vector<Pictures> groups;
  for (size_t job = 0; job < jobs_.size(); ++job) {
    if (!jobs_[job]->paints) continue;
    auto group = std::find_if(groups.begin(), groups.end(), [&](const Pictures& pictures) {
      return PaintsTogether(*jobs_[pictures.front().job], *jobs_[job]);
    });
    if (group == groups.end()) group = groups.insert(groups.end(), Pictures());
    // A set of which some are finished is painted whole, for the same reason.
    const size_t finished = jobs_[job]->finished;
    for (size_t index = finished - finished % max_pictures_; index < jobs_[job]->seeds.size();
         ++index) {
      group->push_back({job, index});
    }
  }
  return groups;
}

void BatchRun::FinishUnpainted() {
  for (size_t job = 0; job < jobs_.size(); ++job) {
    if (jobs_[job]->paints) continue;
    for (size_t index = 0; index < jobs_[job]->seeds.size(); ++index) {
      if (Wanted({job, index})) Finish({job, index}, Image());
    }
  }
}

bool BatchRun::Wanted(const Picture& picture) {
  return !progress_[picture.job].ended && events_.Wanted(picture.job);
}

void BatchRun::PaintSet(std::span<const Picture> set) {
  Pictures wanted;
  std::copy_if(set.begin(), set.end(), std::back_inserter(wanted),
               [this](const Picture& picture) { return Wanted(picture); });
  if (wanted.empty()) return;
  Result<std::vector<Image>> images = CallEngine(wanted);
  if (images) {
    for (size_t i = 0; i < wanted.size(); ++i) Finish(wanted[i], std::move((*images)[i]));
    return;
  }
  if (images.error().code == Code::kCancelled) return;
  if (wanted.size() == 1) {
    End(wanted.front().job, Propagate(images.error()));
    return;
  }
  const std::span<const Picture> all(wanted);
  PaintSet(all.first(all.size() / 2));
  PaintSet(all.subspan(all.size() / 2));
}

Result<std::vector<Image>> BatchRun::CallEngine(std::span<const Picture> set) {
  const PaintJob& first = *jobs_[set.front().job];
  std::vector<engine::PaintRequest> requests;
  for (size_t i = 0; i < set.size(); ++i) {
    const PaintJob& job = *jobs_[set[i].job];
    requests.push_back(job.RequestOf(set[i].index));
    // The previews of a job are those of its first picture, and no other job's.
    const bool first_of_job = i == 0 || set[i - 1].job != set[i].job;
    requests.back().preview_every = first_of_job ? job.options.preview_every : 0;
  }
  auto images = first.painter->Paint(
      requests, first.options, [&](const engine::PaintStep& step) { return OnStep(set, step); });
  if (images && images->size() != set.size()) {
    return MakeError(Code::kInternal, "PICTURE_MISSING", "the engine painted too few pictures");
  }
  return images;
}

bool BatchRun::OnStep(std::span<const Picture> set, const engine::PaintStep& step) {
  for (const Picture& picture : set) progress_[picture.job].steps_done[picture.index] = step.step;
  bool any_wanted = false;
  for (size_t i = 0; i < set.size(); ++i) {
    const bool first_of_job = i == 0 || set[i - 1].job != set[i].job;
    if (!first_of_job || !Wanted(set[i])) continue;
    any_wanted = true;
    std::vector<int>& done = progress_[set[i].job].steps_done;
    std::fill_n(done.begin(), jobs_[set[i].job]->finished, step.steps);
    v1::JobProgress progress;
    progress.set_finished_pictures(static_cast<int>(progress_[set[i].job].painted));
    progress.set_pictures(static_cast<int>(done.size()));
    // A job of several pictures advances by their mean, whether or not they are painted together.
    progress.set_step(std::accumulate(done.begin(), done.end(), 0) / static_cast<int>(done.size()));
    progress.set_steps(step.steps);
    progress.set_step_seconds(step.seconds);
    progress_[set[i].job].last = progress;
    const int every = jobs_[set[i].job]->options.preview_every;
    if (every > 0 && step.step % every == 0 && i < step.previews.size()) {
      progress.set_preview(imaging::EncodePng(step.previews[i]).value_or(std::string()));
    }
    events_.OnProgress(set[i].job, std::move(progress));
  }
  return any_wanted;
}

void BatchRun::Finish(const Picture& picture, Image painting) {
  Progress& progress = progress_[picture.job];
  if (progress.ended) return;
  const PaintJob& job = *jobs_[picture.job];
  if (picture.index < job.finished) return;
  const Image finished = job.Finish(picture.index, std::move(painting));
  Result<std::string> png = imaging::EncodePng(finished);
  if (!png) return End(picture.job, Propagate(png.error()));
  const uint64_t seed = job.seeds[picture.index];
  events_.OnPicture(picture.job, picture.index,
                    {WithReceipt(*png, job.ReceiptOf(picture.index), seed), seed});
  ++progress.painted;
  if (job.records_pictures) ReportFinished(picture.job, finished);
  if (progress.painted == job.seeds.size()) EndPainted(picture.job);
}

void BatchRun::ReportFinished(size_t job, const Image& picture) {
  v1::JobProgress progress = progress_[job].last;
  progress.set_finished_pictures(static_cast<int>(progress_[job].painted));
  if (jobs_[job]->options.preview_every > 0) {
    progress.set_preview(
        imaging::EncodePng(imaging::ShrinkToFit(picture, kPreviewSide)).value_or(std::string()));
  }
  events_.OnProgress(job, std::move(progress));
}

void BatchRun::EndPainted(size_t job) {
  Result<runtime::PaintedFilm> film = jobs_[job]->MakeFilm();
  if (!film) return End(job, Propagate(film.error()));
  if (!film->bytes.empty()) events_.OnFilm(job, *std::move(film));
  End(job, {});
}

void BatchRun::End(size_t job, Status end) {
  progress_[job].ended = true;
  events_.OnEnd(job, std::move(end));
}

}  // namespace atelier::generation
