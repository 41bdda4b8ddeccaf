// What an MCLD training run can be told.
#pragma once

#include <string>

#include "training/data/pairs.h"

namespace atelier::training {

struct McldTaskOptions {
  PairOptions pair;
  int batch = 16;
  int render_threads = 1;
  /// Pairs rendered and encoded at a time; each takes part in `reuse` batches before the next pool.
  int pool = 512;
  int reuse = 4;
  /// The whole condition is dropped this often, and the source's embedding alone this often.
  double drop_all = 0.1;
  double drop_source = 0.1;
  double min_snr_gamma = 5.0;
  double noise_offset = 0.05;
  /// What the same loss counts once more on the face (parts 23 and 24; 1 as published) and on the
  /// clothed person (0 as published): most of a picture is wall, which is soon learned.
  double face_weight = 1.0;
  double person_weight = 0.0;
  /// Weight of the pixel losses of one cut of the decoded prediction, at the head or elsewhere on
  /// the person (0 as published): a loss on latents alone counts blur for little.
  double decoded_weight = 0.0;
  /// Held-out pairs that an evaluation is over.
  int evaluation_pairs = 32;
  std::string device = "cpu";
};

}  // namespace atelier::training
