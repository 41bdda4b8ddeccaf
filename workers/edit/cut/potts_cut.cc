#include "edit/cut/potts_cut.h"

#include <algorithm>
#include <array>
#include <opencv2/imgproc/detail/gcgraph.hpp>
#include <utility>

namespace atelier::edit {
namespace {

constexpr int kCycles = 2;
/// To the right, below, and the two diagonals below, with one over their length.
struct Step {
  int x, y;
  float weight;
};
constexpr std::array<Step, 4> kSteps = {{{1, 0, 1}, {0, 1, 1}, {1, 1, .7071f}, {-1, 1, .7071f}}};

using Graph = cv::detail::GCGraph<float>;

/// What it costs every free pixel to keep its label or to take another, and pairs to differ.
struct Choice {
  Graph graph;
  std::vector<float> keep, take;
  bool has_pairs = false;
};

class Expansion {
 public:
  Expansion(const std::vector<cv::Mat>& costs, const cv::Mat& guide, const cv::Mat& free,
            cv::Mat labels, float stiffness)
      : costs_(costs), labels_(std::move(labels)) {
    nodes_ = cv::Mat(labels_.size(), CV_32S, cv::Scalar(-1));
    for (int y = 0; y < labels_.rows; ++y) {
      for (int x = 0; x < labels_.cols; ++x) {
        if (free.at<uint8_t>(y, x) == 0) continue;
        nodes_.at<int>(y, x) = static_cast<int>(pixels_.size());
        pixels_.emplace_back(x, y);
      }
    }
    MeasurePairs(guide, stiffness);
  }

  cv::Mat Run() {
    for (int cycle = 0; cycle < kCycles; ++cycle) {
      bool changed = false;
      for (int label = 0; label < static_cast<int>(costs_.size()); ++label) {
        changed |= Expand(label);
      }
      if (!changed) break;
    }
    return labels_;
  }

 private:
  bool Inside(cv::Point p) const { return cv::Rect({}, labels_.size()).contains(p); }
  bool IsFree(cv::Point p) const { return nodes_.at<int>(p) >= 0; }
  float CostOf(int label, cv::Point p) const {
    return costs_[static_cast<size_t>(label)].at<float>(p);
  }

  /// What it costs that a pixel and the one a step away differ: the more, the more alike they are,
  /// measured in the mean square of all differences.
  void MeasurePairs(const cv::Mat& guide, float stiffness) {
    std::array<cv::Mat, kSteps.size()> squares;
    double sum = 0, count = 1;
    for (size_t k = 0; k < kSteps.size(); ++k) {
      squares[k] = cv::Mat::zeros(guide.size(), CV_32F);
      for (int y = 0; y < guide.rows; ++y) {
        for (int x = 0; x < guide.cols; ++x) {
          const cv::Point p(x, y), q(x + kSteps[k].x, y + kSteps[k].y);
          if (!Inside(q) || (!IsFree(p) && !IsFree(q))) continue;
          const cv::Vec3f off = guide.at<cv::Vec3f>(p) - guide.at<cv::Vec3f>(q);
          squares[k].at<float>(p) = off.dot(off);
          sum += static_cast<double>(off.dot(off));
          ++count;
        }
      }
    }
    for (size_t k = 0; k < kSteps.size(); ++k) {
      cv::exp(squares[k] * (-count / (2 * sum + 1e-6)), pairs_[k]);
      pairs_[k] *= stiffness * kSteps[k].weight;
    }
  }

  /// Every free pixel keeps its label or takes `label`, whatever costs least. Whether any changed.
  bool Expand(int label) {
    const size_t count = pixels_.size();
    Choice choice{Graph(static_cast<int>(count), static_cast<int>(8 * count)), {}, {}};
    for (const cv::Point& p : pixels_) {
      choice.graph.addVtx();
      choice.keep.push_back(CostOf(labels_.at<int>(p), p));
      choice.take.push_back(CostOf(label, p));
    }
    for (const cv::Point& p : pixels_) AddPairs(label, p, choice);
    for (size_t i = 0; i < count; ++i) {
      const float least = std::min(choice.keep[i], choice.take[i]);
      choice.graph.addTermWeights(static_cast<int>(i), choice.take[i] - least,
                                  choice.keep[i] - least);
    }
    // The solver takes no graph without pairs: then every pixel decides alone.
    if (choice.has_pairs) choice.graph.maxFlow();
    bool changed = false;
    for (size_t i = 0; i < count; ++i) {
      const bool keeps = choice.has_pairs ? choice.graph.inSourceSegment(static_cast<int>(i))
                                          : choice.keep[i] <= choice.take[i];
      int& own = labels_.at<int>(pixels_[i]);
      if (own == label || keeps) continue;
      own = label;
      changed = true;
    }
    return changed;
  }

  /// The pairs of `p` with those after it, and with those before it that are not free and so have
  /// no pairs of their own.
  void AddPairs(int label, cv::Point p, Choice& choice) const {
    for (size_t k = 0; k < kSteps.size(); ++k) {
      const cv::Point step(kSteps[k].x, kSteps[k].y);
      if (Inside(p + step)) AddPair(label, p, p + step, pairs_[k].at<float>(p), choice);
      const cv::Point before = p - step;
      if (Inside(before) && !IsFree(before)) {
        AddPair(label, p, before, pairs_[k].at<float>(before), choice);
      }
    }
  }

  void AddPair(int label, cv::Point p, cv::Point q, float cost, Choice& choice) const {
    const int of_p = labels_.at<int>(p), of_q = labels_.at<int>(q);
    // While p keeps or takes, and q keeps or takes; when both take they do not differ.
    const float keep_keep = of_p == of_q ? 0 : cost;
    const float keep_take = of_p == label ? 0 : cost;
    const float take_keep = of_q == label ? 0 : cost;
    const auto i = static_cast<size_t>(nodes_.at<int>(p));
    choice.keep[i] += keep_keep;
    choice.take[i] += take_keep;
    if (!IsFree(q)) return;
    // Kolmogorov and Zabih: the rest is a cost of p's keeping while q takes.
    const int other = nodes_.at<int>(q);
    choice.take[static_cast<size_t>(other)] -= take_keep;
    const float rest = keep_take + take_keep - keep_keep;
    if (rest <= 0) return;
    choice.graph.addEdges(static_cast<int>(i), other, rest, 0);
    choice.has_pairs = true;
  }

  const std::vector<cv::Mat>& costs_;
  cv::Mat labels_, nodes_;
  std::vector<cv::Point> pixels_;
  std::array<cv::Mat, kSteps.size()> pairs_;
};

}  // namespace

cv::Mat PottsCut(const std::vector<cv::Mat>& costs, const cv::Mat& guide, const cv::Mat& free,
                 const cv::Mat& start, float stiffness) {
  return Expansion(costs, guide, free, start.clone(), stiffness).Run();
}

}  // namespace atelier::edit
