// SequenceJob: a sequence, ready to paint.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "film/film_writer.h"
#include "generation/preparation/carry_detail.h"
#include "generation/preparation/paint_job.h"
#include "generation/sequence/pose_frames.h"

namespace atelier::generation {

/// Its `conditions` are what all frames have in common; frame i has frames[i]'s pose.
struct SequenceJob : public PaintJob {
  SequenceJob() { records_pictures = true; }

  std::vector<PoseFrame> frames;
  int output_scale = 1;
  /// What is laid over the paintings; `target` is each frame's own. Without photographs: nothing.
  const people::BodyFitter* fitter = nullptr;
  Photographs photographs;
  DetailPlace place;
  /// Null: no film is made. It is given every frame in order.
  std::shared_ptr<film::FilmWriter> film;
  v1::PaintedFilm film_facts;

  /// A frame that an earlier attempt finished: for the film, and for the frame after it.
  Status AddFinished(size_t index, Image frame) const;

  engine::PaintRequest RequestOf(size_t index) const override;
  /// Also gives the frame to the film, whose errors MakeFilm() tells. Without photographs, whose
  /// own pixels are steady, it is steadied with the frame before. Frames come in order.
  Image Finish(size_t index, Image painting) const override;
  /// Of the poses it names the frame's own alone.
  v1::Receipt ReceiptOf(size_t index) const override;
  Result<runtime::PaintedFilm> MakeFilm() const override;

 private:
  struct State {
    Status film_status;
    /// The last frame that was finished, and its number.
    Image last;
    size_t last_index = 0;
  };
  Image SteadiedFrame(size_t index, Image frame) const;
  /// Of the frame's size; empty where the model reads none.
  Image IuvOf(size_t index, const Image& frame) const;

  const std::unique_ptr<State> state_ = std::make_unique<State>();
};

}  // namespace atelier::generation
