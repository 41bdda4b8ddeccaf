#include "people/files/count_regions.h"

#include <limits>
#include <utility>

#include "people/body/body_view.h"
#include "people/carry/dressed_body.h"
#include "people/carry/skin_places.h"

namespace atelier::people {
namespace {

using Shares = RegionPrior::Shares;

constexpr RenderOptions kSize{.height = 256, .width = 176, .supersample = 1};
/// Counts are spread over the mesh: each round a vertex gives half of its own to its neighbours.
/// Beside the body few pixels are counted, over many vertices.
constexpr int kOnBodyRounds = 4, kBesideBodyRounds = 24;
/// What the counts are mixed with, since no label is impossible anywhere.
constexpr Shares kAnywhere = {.25f, .05f, .3f, .3f, .1f};
constexpr float kAnywhereShare = .06f;
/// Counts beside the body that what is on it weighs.
constexpr float kOnBodyCounts = .5f;

/// Neighbours of the skin's vertices by their places.
std::vector<std::vector<int>> NeighboursOf(const Body& body, const std::vector<int>& places) {
  std::vector<std::vector<int>> neighbours(body.skin_vertices().size());
  for (const Triangle& t : body.skin()) {
    for (size_t corner = 0; corner < 3; ++corner) {
      // Every inner edge is of two triangles that run around it in opposite directions.
      const int one = places[static_cast<size_t>(t[corner])];
      neighbours[static_cast<size_t>(one)].push_back(
          places[static_cast<size_t>(t[(corner + 1) % 3])]);
    }
  }
  return neighbours;
}

class Counter {
 public:
  explicit Counter(const Body& body)
      : body_(body),
        places_(PlacesInSkin(body)),
        on_body_(body.skin_vertices().size(), Shares{}),
        beside_body_(on_body_) {}

  void Count(uint64_t seed) {
    const Person person = SamplePerson(body_, seed);
    const Pose pose = SamplePose(seed);
    const View view = SampleView(seed, {.crop = Crop::kFull});
    const Rendering seen = Render(body_, person, pose, view, kSize);
    const PosedBody posed = BodyOf(body_, person, pose, view, kSize);
    const std::vector<float> clothes = MeasureClothes(body_, posed, seen.mask);
    const DepthBuffer visible =
        DrawSurface(body_, ProjectClothed(body_, posed, clothes), kSize.height, kSize.width);
    const std::vector<size_t> outline = OutlineOf(visible);
    for (size_t i = 0; i < visible.triangle.size(); ++i) {
      const auto label = PriorLabel(static_cast<Region>(seen.regions.data[i]));
      if (!label) continue;
      if (visible.triangle[i] >= 0) {
        Add(visible.triangle[i], *label, on_body_);
      } else if (!outline.empty()) {
        Add(visible.triangle[Nearest(i, outline)], *label, beside_body_);
      }
    }
  }

  RegionPrior Finish() {
    const std::vector<std::vector<int>> neighbours = NeighboursOf(body_, places_);
    const std::vector<int> twins = MirrorTwins(body_);
    RegionPrior prior;
    prior.on_body = Spread(on_body_, neighbours, twins, kOnBodyRounds);
    prior.beside_body = Spread(beside_body_, neighbours, twins, kBesideBodyRounds);
    for (size_t i = 0; i < prior.on_body.size(); ++i) {
      Normalise(kAnywhere, 1e-3f, prior.on_body[i]);
      Normalise(prior.on_body[i], kOnBodyCounts, prior.beside_body[i]);
    }
    return prior;
  }

 private:
  void Add(int triangle, size_t label, std::vector<Shares>& counts) const {
    for (const int v : SurfaceTriangle(body_, triangle)) {
      const int place = places_[static_cast<size_t>(v)];
      // Eyes are not of the skin.
      if (place >= 0) counts[static_cast<size_t>(place)][label] += 1;
    }
  }

  static std::vector<size_t> OutlineOf(const DepthBuffer& visible) {
    std::vector<size_t> outline;
    const auto width = static_cast<size_t>(visible.width);
    for (size_t i = width; i + width < visible.triangle.size(); ++i) {
      if (visible.triangle[i] < 0) continue;
      const bool edge = visible.triangle[i - 1] < 0 || visible.triangle[i + 1] < 0 ||
                        visible.triangle[i - width] < 0 || visible.triangle[i + width] < 0;
      if (edge) outline.push_back(i);
    }
    return outline;
  }

  static size_t Nearest(size_t pixel, const std::vector<size_t>& outline) {
    const auto row = [](size_t i) { return static_cast<int>(i) / kSize.width; };
    const auto column = [](size_t i) { return static_cast<int>(i) % kSize.width; };
    int least = std::numeric_limits<int>::max();
    size_t nearest = outline.front();
    for (const size_t other : outline) {
      const int dy = row(other) - row(pixel), dx = column(other) - column(pixel);
      if (dx * dx + dy * dy >= least) continue;
      least = dx * dx + dy * dy;
      nearest = other;
    }
    return nearest;
  }

  static std::vector<Shares> Spread(const std::vector<Shares>& one_side,
                                    const std::vector<std::vector<int>>& neighbours,
                                    const std::vector<int>& twins, int rounds) {
    std::vector<Shares> counts = one_side;
    for (size_t i = 0; i < counts.size(); ++i) {
      for (size_t label = 0; label < kPriorLabelCount; ++label) {
        counts[i][label] += one_side[static_cast<size_t>(twins[i])][label];
      }
    }
    for (int round = 0; round < rounds; ++round) {
      std::vector<Shares> next(counts.size(), Shares{});
      for (size_t i = 0; i < counts.size(); ++i) {
        for (size_t label = 0; label < kPriorLabelCount; ++label) {
          float sum = 0;
          for (const int n : neighbours[i]) sum += counts[static_cast<size_t>(n)][label];
          const auto degree = static_cast<float>(std::max<size_t>(1, neighbours[i].size()));
          next[i][label] = .5f * counts[i][label] + .5f * sum / degree;
        }
      }
      counts = std::move(next);
    }
    return counts;
  }

  /// Counts, and `more` of the shares `otherwise`, become shares that sum to 1.
  static void Normalise(const Shares& otherwise, float more, Shares& counts) {
    float sum = 0;
    for (size_t label = 0; label < kPriorLabelCount; ++label) {
      sum += counts[label] += more * otherwise[label];
    }
    for (size_t label = 0; label < kPriorLabelCount; ++label) {
      counts[label] =
          (1 - kAnywhereShare) * counts[label] / sum + kAnywhereShare * kAnywhere[label];
    }
  }

  const Body& body_;
  std::vector<int> places_;
  std::vector<Shares> on_body_;
  std::vector<Shares> beside_body_;
};

}  // namespace

RegionPrior CountRegions(const Body& body, uint64_t first_seed, int count,
                         const std::function<void(int)>& progress) {
  Counter counter(body);
  for (int i = 0; i < count; ++i) {
    counter.Count(first_seed + static_cast<uint64_t>(i));
    progress(i + 1);
  }
  return counter.Finish();
}

}  // namespace atelier::people
