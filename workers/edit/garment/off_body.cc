#include "edit/garment/off_body.h"

#include <complex>
#include <opencv2/imgproc.hpp>

#include "edit/person/mat_math.h"
#include "edit/person/push_pull.h"

namespace atelier::edit {
namespace {

/// Metres that a garment is looked for beside the body.
constexpr double kReach = .045;

using Complex = std::complex<double>;

Complex At(const people::ScreenPoint& p) {
  return {static_cast<double>(p.x), static_cast<double>(p.y)};
}

/// Of every bone: turn and scale from the base's picture to the donor's.
std::vector<Complex> BoneTurns(const SwapInput& input) {
  const people::BodyFile& file = input.body.file();
  const auto bones = static_cast<size_t>(file.bone_count);
  const auto &from = input.base.person.screen, &to = input.donor.person.screen;
  std::vector<Complex> mean_from(bones), mean_to(bones), product(bones);
  std::vector<double> count(bones, 0), spread(bones, 0);
  const auto bone_of = [&](int v) {
    return static_cast<size_t>(file.bone_indices[static_cast<size_t>(v)][0]);
  };
  for (const int v : input.body.skin_vertices()) {
    mean_from[bone_of(v)] += At(from[static_cast<size_t>(v)]);
    mean_to[bone_of(v)] += At(to[static_cast<size_t>(v)]);
    count[bone_of(v)] += 1;
  }
  for (const int v : input.body.skin_vertices()) {
    const size_t b = bone_of(v);
    const Complex a = At(from[static_cast<size_t>(v)]) - mean_from[b] / count[b];
    product[b] += std::conj(a) * (At(to[static_cast<size_t>(v)]) - mean_to[b] / count[b]);
    spread[b] += std::norm(a);
  }
  // A bone that points at either camera has no direction to tell the turn by.
  const double usual = input.donor.person.pixels_per_metre() / input.base.person.pixels_per_metre();
  for (size_t b = 0; b < bones; ++b) {
    const Complex turn = spread[b] > 0 ? product[b] / spread[b] : Complex(usual);
    product[b] = std::abs(turn) < usual / 2 ? Complex(usual) : turn;
  }
  return product;
}

/// Parts of the body whose clothes do not touch: which of them each vertex is on.
std::vector<float> PartOfVertices(const people::Body& body) {
  std::vector<float> parts;
  parts.reserve(body.attributes().size());
  for (const people::Attributes& a : body.attributes()) {
    const float side = a.at.x > 0 ? 0.0f : 1.0f;
    parts.push_back(a.arm_weight > .5f ? 1 + side : (a.leg_weight > .5f ? 3 + side : 0.0f));
  }
  return parts;
}

/// The part of the nearest place of the body of every sample, and how far that is, in samples.
struct Nearest {
  cv::Mat part;      // float
  cv::Mat distance;  // float
};

Nearest NearestPart(const SurfaceView& view, const std::vector<float>& part_of_vertex) {
  const cv::Mat covered = view.Covered();
  cv::Mat off, labels;
  cv::Mat(covered < .5).convertTo(off, CV_8U);
  Nearest out;
  cv::distanceTransform(off, out.distance, labels, cv::DIST_L2, cv::DIST_MASK_5,
                        cv::DIST_LABEL_PIXEL);
  std::vector<float> part_of_label(1, 0);
  out.part.create(view.size(), CV_32F);
  for (int pass = 0; pass < 2; ++pass) {
    for (int y = 0; y < off.rows; ++y) {
      for (int x = 0; x < off.cols; ++x) {
        const auto label = static_cast<size_t>(labels.at<int>(y, x));
        if (label >= part_of_label.size()) part_of_label.resize(label + 1, 0);
        const people::Triangle* t = view.TriangleAt(y, x);
        if (pass == 0 && t != nullptr) {
          part_of_label[label] = part_of_vertex[static_cast<size_t>((*t)[0])];
        }
        if (pass == 1) out.part.at<float>(y, x) = part_of_label[label];
      }
    }
  }
  return out;
}

}  // namespace

OffBody LookBesideBody(const SwapInput& input, const SurfaceView& view, double samples_per_metre) {
  const Person &base = input.base.person, &donor = input.donor.person;
  const std::vector<Complex> turns = BoneTurns(input);
  // The map at a vertex is p -> turn p + shift.
  std::vector<float> real(donor.screen.size()), imaginary(real), shift_x(real), shift_y(real);
  for (size_t v = 0; v < donor.screen.size(); ++v) {
    Complex turn = 0;
    for (size_t k = 0; k < 4; ++k) {
      turn += turns[input.body.file().bone_indices[v][k]] *
              static_cast<double>(input.body.file().bone_weights[v][k]);
    }
    const Complex shift = At(donor.screen[v]) - turn * At(input.screen[v]);
    real[v] = static_cast<float>(turn.real());
    imaginary[v] = static_cast<float>(turn.imag());
    shift_x[v] = static_cast<float>(shift.real());
    shift_y[v] = static_cast<float>(shift.imag());
  }
  const cv::Mat near = Ramp(view.Interpolate(input.worn), .2, .5).mul(view.Covered());
  cv::Mat maps;
  cv::merge(std::vector<cv::Mat>{view.Interpolate(real), view.Interpolate(imaginary),
                                 view.Interpolate(shift_x), view.Interpolate(shift_y)},
            maps);
  maps = PushPull(maps, near);

  const std::vector<float> parts = PartOfVertices(input.body);
  const Nearest here = NearestPart(view, parts);
  const SurfaceView donor_view(input.body, donor.screen,
                               {cv::Rect(0, 0, donor.width(), donor.height()), 1});
  const Nearest there = NearestPart(donor_view, parts);
  const double reach = kReach * samples_per_metre;
  const cv::Mat close = Dilated(near, static_cast<int>(reach));

  OffBody out;
  for (cv::Mat* m : {&out.places.x, &out.places.y, &out.usable}) {
    *m = cv::Mat(view.size(), CV_32F, cv::Scalar(0));
  }
  const double scale = samples_per_metre / base.pixels_per_metre();
  for (int y = 0; y < out.usable.rows; ++y) {
    for (int x = 0; x < out.usable.cols; ++x) {
      if (view.TriangleAt(y, x) != nullptr || close.at<float>(y, x) < .5f) continue;
      const auto& m = maps.at<cv::Vec4f>(y, x);
      const Complex p((x + .5) / scale + input.box.x, (y + .5) / scale + input.box.y);
      const Complex q = Complex(static_cast<double>(m[0]), static_cast<double>(m[1])) * p +
                        Complex(static_cast<double>(m[2]), static_cast<double>(m[3]));
      out.places.x.at<float>(y, x) = static_cast<float>(q.real() - .5);
      out.places.y.at<float>(y, x) = static_cast<float>(q.imag() - .5);
      const auto column = static_cast<int>(std::floor(q.real()));
      const auto row = static_cast<int>(std::floor(q.imag()));
      if (column < 0 || row < 0 || column >= donor.width() || row >= donor.height()) continue;
      const bool beside = donor_view.TriangleAt(row, column) == nullptr;
      // As far from the donor's body as from the base's, or it is beside another place of it.
      const double here_metres = static_cast<double>(here.distance.at<float>(y, x)) /
                                 samples_per_metre;
      const double there_metres = static_cast<double>(there.distance.at<float>(row, column)) /
                                  donor.pixels_per_metre();
      if (std::fabs(here_metres - there_metres) > Tune("T_OFF", .006)) continue;
      const bool same_part = there.part.at<float>(row, column) == here.part.at<float>(y, x);
      if (beside && same_part) out.usable.at<float>(y, x) = 1;
    }
  }
  return out;
}

}  // namespace atelier::edit
