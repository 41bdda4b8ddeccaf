#include "edit/parse/refine.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "edit/person/mat_math.h"
#include "edit/person/nearest_place.h"

namespace atelier::edit {
namespace {

using Labels = std::array<cv::Mat, kLabelCount>;

constexpr size_t kUpper = IndexOf(Label::kUpper), kLower = IndexOf(Label::kLower);

/// Of the guided filter: pixels, and the variance of the guide that counts as an edge.
constexpr int kGuideRadius = 4;
constexpr double kGuideSmoothness = 4e-3;
constexpr double kGuideScale = 1.0 / 60;
/// A hole in cloth larger than this share of the person is none.
constexpr double kLargestHole = .03;
/// How much steeper borders become at the picture's size.
constexpr double kSharpen = 1.6;
/// Metres over which the person's own border is softened.
constexpr double kBorder = .004;

void Normalise(Labels& labels) {
  cv::Mat sum = labels[0] + 1e-6;
  for (size_t label = 1; label < kLabelCount; ++label) sum += labels[label];
  for (cv::Mat& label : labels) label /= sum;
}

/// Beyond the person each pixel is what the nearest one of the person is.
void Continue(const cv::Mat& person, Labels& labels) {
  const NearestPlace nearest = NearestOf(person);
  for (cv::Mat& label : labels) label = nearest.Of(label);
}

/// Fills what cloth encloses and is no hand, head or gap.
void CloseHoles(const ParseView& view, Labels& labels) {
  const cv::Mat cloth = (labels[kUpper] + labels[kLower] > .5f) & view.person;
  cv::Mat components, stats, centroids;
  const int count = cv::connectedComponentsWithStats(~cloth, components, stats, centroids, 4);
  struct Hole {
    bool open = false;
    double upper = 0, lower = 0;
    int inside = 0;
  };
  std::vector<Hole> holes(static_cast<size_t>(count));
  for (size_t i = 0; i < view.size(); ++i) {
    Hole& hole = holes[static_cast<size_t>(components.at<int>(view.pixels[i]))];
    const BodyPlace& place = *view.places[i];
    hole.open |= place.hand || place.head;
    hole.upper += static_cast<double>(std::exp(place.on_body[kUpper]));
    hole.lower += static_cast<double>(std::exp(place.on_body[kLower]));
    ++hole.inside;
  }
  const double most = kLargestHole * static_cast<double>(view.size());
  for (int k = 1; k < count; ++k) {
    const Hole& hole = holes[static_cast<size_t>(k)];
    const int area = stats.at<int>(k, cv::CC_STAT_AREA);
    const bool at_border =
        stats.at<int>(k, cv::CC_STAT_LEFT) == 0 || stats.at<int>(k, cv::CC_STAT_TOP) == 0;
    if (hole.open || at_border || area > most || hole.inside != area) continue;
    const cv::Mat here = components == k;
    for (cv::Mat& label : labels) label.setTo(0, here);
    labels[hole.upper > hole.lower ? kUpper : kLower].setTo(1, here);
  }
}

cv::Mat BoxMean(const cv::Mat& values) {
  cv::Mat out;
  cv::boxFilter(values, out, CV_32F, {2 * kGuideRadius + 1, 2 * kGuideRadius + 1});
  return out;
}

/// He, Sun and Tang's guided filter by each channel of the picture in turn; the mean of the three.
Labels Guide(const ParseView& view, const Labels& labels) {
  std::vector<cv::Mat> channels;
  cv::split(view.lab * kGuideScale, channels);
  Labels means;
  for (size_t label = 0; label < kLabelCount; ++label) means[label] = BoxMean(labels[label]);
  Labels out;
  for (cv::Mat& label : out) label = cv::Mat::zeros(view.person.size(), CV_32F);
  for (const cv::Mat& guide : channels) {
    const cv::Mat mean = BoxMean(guide);
    const cv::Mat inverse = 1 / (BoxMean(guide.mul(guide)) - mean.mul(mean) + kGuideSmoothness);
    for (size_t label = 0; label < kLabelCount; ++label) {
      const cv::Mat slope =
          (BoxMean(guide.mul(labels[label])) - mean.mul(means[label])).mul(inverse);
      out[label] += BoxMean(slope).mul(guide) + BoxMean(means[label] - slope.mul(mean));
    }
  }
  for (cv::Mat& label : out) label = cv::min(cv::max(label / 3, 0), 1);
  return out;
}

}  // namespace

Labels FollowEdges(const ParseView& view, Labels labels) {
  Continue(view.person, labels);
  CloseHoles(view, labels);
  labels = Guide(view, labels);
  for (cv::Mat& label : labels) label = label.mul(label);
  Normalise(labels);
  return labels;
}

Labels AtPictureSize(const ParseView& view, const Person& person, const Labels& labels) {
  const cv::Size size(person.width(), person.height());
  Labels out;
  for (size_t label = 0; label < kLabelCount; ++label) {
    cv::resize(labels[label], out[label], size, 0, 0, cv::INTER_CUBIC);
    if (view.scale < 1) out[label] = (out[label] - .5) * kSharpen + .5;
    out[label] = cv::min(cv::max(out[label], 0), 1);
  }
  Normalise(out);
  const double border = std::max(1.0, kBorder * person.pixels_per_metre());
  const cv::Mat whole = Ramp(Blurred(person.mask, .6 * border), .25, .75);
  for (cv::Mat& label : out) label = label.mul(whole);
  return out;
}

}  // namespace atelier::edit
