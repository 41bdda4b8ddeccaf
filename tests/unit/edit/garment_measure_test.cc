// Garments swapped between rendered people against the exact answer. Hidden: a table for people.
//
//   ATELIER_CASES=12 ATELIER_SHEETS=/tmp/sheets edit_garment_test "[.measure]"
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <opencv2/imgproc.hpp>
#include <string>

#include "edit/garment/garment.h"
#include "edit/person/mat_math.h"
#include "garment_pair.h"
#include "people/files/png_writer.h"

namespace atelier::edit {
namespace {

std::string Setting(const char* name, const char* usual) {
  const char* value = std::getenv(name);
  return value == nullptr ? usual : value;
}

cv::Mat Halved(const Image& image) {
  cv::Mat out;
  cv::resize(imaging::ViewOf(image), out, {}, .5, .5, cv::INTER_AREA);
  return out;
}

double Psnr(const cv::Mat& one, const cv::Mat& other, const cv::Mat& where) {
  cv::Mat difference;
  cv::subtract(one, other, difference, cv::noArray(), CV_32F);
  difference = difference.mul(difference);
  const cv::Scalar mean = cv::mean(difference, where);
  return 10 * std::log10(255 * 255 / std::max((mean[0] + mean[1] + mean[2]) / 3, 1e-3));
}

/// Of the squared error inside: where both show the garment, only the truth or only ours, neither.
struct ErrorShares {
  std::array<double, 4> shares{};

  void Add(const Edited& edited, const people::Rendering& truth, const std::vector<Label>& labels,
           const Image& mask) {
    const std::array<cv::Mat, kLabelCount> wanted = MasksOf(truth.regions);
    std::array<double, 4> sums{};
    for (int y = 0; y < mask.height; ++y) {
      for (int x = 0; x < mask.width; ++x) {
        if (*mask.at(y, x) == 0) continue;
        float ours = 0, theirs = 0;
        for (const Label label : labels) {
          ours += edited.subject.regions.mask(label).at<float>(y, x);
          theirs += wanted[IndexOf(label)].at<float>(y, x);
        }
        double error = 0;
        for (int c = 0; c < 3; ++c) {
          const double e = edited.subject.person.picture.at(y, x)[c] - truth.rgb.at(y, x)[c];
          error += e * e;
        }
        sums[(ours > .5f ? 0 : 1) + (theirs > .5f ? 0 : 2)] += error;
      }
    }
    const double total = sums[0] + sums[1] + sums[2] + sums[3] + 1e-9;
    for (size_t k = 0; k < 4; ++k) shares[k] += sums[k] / total;
  }
};

Image Difference(const Image& one, const Image& other) {
  Image out(one.height, one.width, 3);
  for (size_t i = 0; i < out.data.size(); ++i) {
    out.data[i] = static_cast<uint8_t>(std::abs(one.data[i] - other.data[i]));
  }
  return out;
}

struct Means {
  ErrorShares errors;
  double inside = 0, outside = 0, unedited = 0, seconds = 0, unseen = 0, guessed = 0, erased = 0;
  int count = 0;
};

TEST_CASE("Garment swaps against the truth", "[.measure]") {
  const int cases = std::stoi(Setting("ATELIER_CASES", "12"));
  const int first = std::stoi(Setting("ATELIER_FIRST", "0"));
  const std::string sheets = Setting("ATELIER_SHEETS", "");
  const bool print_cases = !Setting("ATELIER_EACH", "").empty();
  cv::setNumThreads(std::stoi(Setting("ATELIER_THREADS", "1")));
  std::map<std::string, Means> table;
  for (int i = first; i < first + cases; ++i) {
    const GarmentPair pair = RenderGarmentPair(i);
    std::vector<Image> row = {pair.base.person.picture, pair.donor.person.picture};
    for (const auto& [name, garment, regions] : kGarmentSwaps) {
      const people::SwapRendering truth = pair.Truth(regions);
      const auto start = std::chrono::steady_clock::now();
      GarmentMeasures m;
      const Edited edited = SwapGarment(TheBody(), pair.base, pair.donor, garment, &m);
      const double seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      const cv::Mat ours = Halved(edited.subject.person.picture), wanted = Halved(truth.after.rgb);
      const cv::Mat inside = Halved(truth.mask) > 127, outside = inside == 0;
      if (cv::countNonZero(inside) == 0) continue;
      const double ps_in = Psnr(ours, wanted, inside), ps_out = Psnr(ours, wanted, outside);
      Means& means = table[name];
      means.inside += ps_in;
      means.outside += ps_out;
      means.unedited += Psnr(Halved(pair.base.person.picture), wanted, inside);
      means.seconds += seconds;
      means.unseen += m.unseen;
      means.guessed += m.guessed;
      means.erased += m.erased;
      ++means.count;
      means.errors.Add(edited, truth.after, LabelsOf(garment), truth.mask);
      if (print_cases) {
        std::printf("%3d %-7s %5.2f %5.2f  unseen %.2f guessed %.2f erased %.2f\n", i, name, ps_in,
                    ps_out, m.unseen, m.guessed, m.erased);
      }
      row.push_back(edited.subject.person.picture);
      row.push_back(truth.after.rgb);
      row.push_back(Difference(edited.subject.person.picture, truth.after.rgb));
    }
    if (!sheets.empty()) {
      std::vector<cv::Mat> tiles;
      for (const Image& tile : row) tiles.push_back(imaging::ViewOf(tile));
      // Three pictures of each swap, two swaps a row.
      cv::Mat upper, lower, sheet;
      cv::hconcat(std::vector<cv::Mat>(tiles.begin(), tiles.begin() + 8), upper);
      tiles.resize(16, cv::Mat::zeros(tiles[0].size(), CV_8UC3));
      cv::hconcat(std::vector<cv::Mat>(tiles.begin() + 8, tiles.end()), lower);
      cv::vconcat(upper, lower, sheet);
      cv::Mat as_float;
      sheet.convertTo(as_float, CV_32F);
      char file[32];
      std::snprintf(file, sizeof file, "/c%03d.png", i);
      REQUIRE(people::WriteImage(ImageOf(as_float), sheets + file).has_value());
    }
  }
  Means all;
  std::printf("%-7s %4s %7s %7s %8s %7s %7s %7s %8s  errors: both, missing, extra, other\n",
              "region", "n", "inside", "outside", "unedited", "unseen", "guessed", "erased",
              "seconds");
  const auto print = [](const std::string& name, const Means& m) {
    const double n = m.count;
    std::printf("%-7s %4d %7.2f %7.2f %8.2f %7.2f %7.2f %7.2f %8.3f  %.2f %.2f %.2f %.2f\n",
                name.c_str(), m.count, m.inside / n, m.outside / n, m.unedited / n, m.unseen / n,
                m.guessed / n, m.erased / n, m.seconds / n, m.errors.shares[0] / n,
                m.errors.shares[1] / n, m.errors.shares[2] / n, m.errors.shares[3] / n);
  };
  for (const auto& [name, m] : table) {
    print(name, m);
    all.inside += m.inside;
    all.outside += m.outside;
    all.unedited += m.unedited;
    all.seconds += m.seconds;
    all.unseen += m.unseen;
    all.guessed += m.guessed;
    all.erased += m.erased;
    all.count += m.count;
  }
  print("all", all);
  SUCCEED();
}

}  // namespace
}  // namespace atelier::edit
