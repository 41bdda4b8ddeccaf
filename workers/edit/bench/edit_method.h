// EditMethod: what EditBench judges.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/image.h"
#include "base/result.h"
#include "edit/bench/bench_case.h"

namespace atelier::edit {

/// How well a label of the parser covers what the rendering shows of it.
struct LabelOverlap {
  std::string label;
  /// Intersection over union, 0..1.
  double iou = 0;
};

/// How a method knows the bodies of a case.
enum class BenchBodies {
  kExact,   // the renderer's own, and its mask
  kFitted,  // from the picture alone, as from a photograph
};

struct MadeEdit {
  /// RGB, of the renderings' size.
  Image picture;
  /// What the method says of how far the edit can be trusted, by name.
  std::vector<std::pair<std::string, double>> measures;
};

/// One thread at a time.
class EditMethod {
 public:
  virtual ~EditMethod() = default;

  /// What reports call it.
  virtual std::string name() const = 0;

  /// Reads the people of `edited`, which outlives the edits that follow. An error skips the case.
  virtual Status Read(const BenchCase& edited) = 0;

  /// The base with the donor's region, in the case's target pose where it has one. An error counts
  /// as a refusal. REQUIRES: Read() succeeded.
  virtual Result<MadeEdit> Edit(BenchRegion region) = 0;

  /// Of both people that were read last; empty where the method does not tell regions apart.
  virtual std::vector<LabelOverlap> Overlaps() const { return {}; }
};

}  // namespace atelier::edit
