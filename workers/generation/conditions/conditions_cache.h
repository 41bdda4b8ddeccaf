// ConditionsCache: what the pose and region services answered about pictures for a model, by the
// pictures' content, so that painting the same person twice reads that person once. Thread-safe.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/image.h"
#include "base/warning.h"
#include "people/carry/carry.h"
#include "people/carry/surface_colours.h"
#include "telemetry/metrics.h"

namespace atelier::generation {

struct ReadSubject;

/// What was read from one picture, as far as its model reads it. Of a picture that only gives the
/// pose: iuv and keypoint_picture alone.
struct Conditions {
  Image picture;
  /// (I, U, V) of the picture's size.
  Image iuv;
  /// The skeleton of the keypoints on black, of the picture's size.
  Image keypoint_picture;
  /// Empty when the texture was not wanted.
  Image texture;
  Image texture_validity;
  /// "atlas" or "smpl".
  std::string texture_layout;
  bool face_found = false;
  /// Empty when no face was seen, or the region service has no face network for the model.
  std::vector<float> face_embedding;
  /// The body that was fitted to the person, in pixels of the IUV, where one was.
  std::optional<people::FittedBody> body;
  /// Whether the IUV is the fitted body's.
  bool is_photograph = false;
  /// What is carried into other poses: of photographs alone, where the worker has the body.
  std::shared_ptr<const people::CarrySource> carry_source;
  /// The picture that pixels are carried from, which may be larger than `picture`.
  Image fine_picture;
  /// What it tells of the body's surface.
  people::SeenColours seen_colours;
  /// The person as edits read them; null for other jobs' pictures.
  std::shared_ptr<const ReadSubject> subject;
  size_t subject_bytes = 0;
  /// Whether its face was looked for, and its pose; and whether it would have been an error that
  /// nobody is seen.
  bool face_was_sought = false;
  bool pose_was_sought = false;
  bool body_was_required = false;
  /// Their `field` is empty where they are about the picture itself, which may be any field of a
  /// spec.
  std::vector<Warning> warnings;

  size_t bytes() const;
};

/// Drops what was used longest ago once the pictures in it exceed its budget.
class ConditionsCache {
 public:
  /// `metrics`, which must outlive it, count its hits, misses and bytes.
  ConditionsCache(size_t max_bytes, telemetry::Metrics& metrics)
      : max_bytes_(max_bytes), metrics_(metrics) {}

  /// Null when there is none.
  std::shared_ptr<const Conditions> Find(const std::string& key);
  /// Replaces what was there. Conditions larger than the whole budget are not kept.
  void Insert(const std::string& key, std::shared_ptr<const Conditions> conditions);

  size_t bytes() const;

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const Conditions> conditions;
  };
  using Entries = std::list<Entry>;

  void Erase(Entries::iterator entry);  // REQUIRES: mutex_ is held

  void SetBytes(size_t bytes);  // REQUIRES: mutex_ is held

  const size_t max_bytes_;
  telemetry::Metrics& metrics_;
  mutable std::mutex mutex_;
  Entries entries_;  // latest used first; GUARDED_BY(mutex_)
  std::unordered_map<std::string, Entries::iterator> by_key_;  // GUARDED_BY(mutex_)
  size_t bytes_ = 0;                                           // GUARDED_BY(mutex_)
};

}  // namespace atelier::generation
