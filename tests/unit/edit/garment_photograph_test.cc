// Garments swapped between photographs. Hidden: pictures to look at.
//
//   ATELIER_BASE=a.jpg ATELIER_DONORS=b.jpg,c.jpg ATELIER_GARMENT=upper ATELIER_SHEETS=/tmp/out
//   edit_garment_test "[.photograph]"
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <opencv2/imgproc.hpp>
#include <sstream>

#include "edit/garment/garment.h"
#include "edit/parse/parser.h"
#include "edit/person/mat_math.h"
#include "edit_fixture.h"
#include "imaging/picture_codec.h"
#include "people/files/png_writer.h"
#include "people/fit/body_fitter.h"
#include "perception/fit/body_reader.h"
#include "perception/photograph/blaze_pose.h"

namespace atelier::edit {
namespace {

std::string Setting(const char* name, const char* usual) {
  const char* value = std::getenv(name);
  return value == nullptr ? usual : value;
}

std::vector<std::string> Parts(const std::string& list) {
  std::vector<std::string> parts;
  std::stringstream stream(list);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

class SubjectReader {
 public:
  SubjectReader() {
    const std::filesystem::path source = ATELIER_SOURCE_DIR;
    const auto networks = source / "models/photographs";
    fitter_ = std::make_shared<const people::BodyFitter>(SharedBody());
    auto keypoints = photograph::BlazePose::Load(networks);
    auto reader = perception::LoadBodyReader(fitter_, networks);
    auto parser = Parser::Load(SharedBody(), source / "workers/edit/data/region_prior.bin");
    REQUIRE(keypoints.has_value());
    REQUIRE(reader.has_value());
    REQUIRE(parser.has_value());
    keypoints_ = std::move(*keypoints);
    reader_ = std::move(*reader);
    parser_ = std::move(*parser);
  }

  Subject Read(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    auto picture = imaging::DecodePicture(bytes, "picture", 1024);
    REQUIRE(picture.has_value());
    auto estimate = keypoints_->Estimate(*picture);
    REQUIRE(estimate.has_value());
    const auto fit = reader_->Read(*picture, *estimate);
    REQUIRE(fit.has_value());
    Subject subject;
    subject.person = MakePerson(TheBody(), *picture, estimate->mask, fitter_->Pose(fit->body));
    subject.regions = parser_->Parse(subject.person);
    subject.appearance = AppearanceOf(TheBody(), subject.person, subject.regions);
    return subject;
  }

 private:
  std::shared_ptr<const people::BodyFitter> fitter_;
  std::unique_ptr<perception::KeypointEstimator> keypoints_;
  std::shared_ptr<perception::BodyReader> reader_;
  std::shared_ptr<const Parser> parser_;
};

/// The picture with its labels laid over it.
Image LabelPicture(const Subject& subject) {
  static const std::array<cv::Scalar, kLabelCount> kColours = {
      cv::Scalar(255, 200, 160), cv::Scalar(90, 50, 20), cv::Scalar(255, 40, 40),
      cv::Scalar(40, 40, 255), cv::Scalar(40, 200, 40)};
  cv::Mat out = FloatOf(subject.person.picture) * .5;
  for (size_t k = 0; k < kColours.size(); ++k) {
    const cv::Mat flat(out.size(), CV_32FC3, kColours[k] * .5);
    out += Times(flat, subject.regions.masks[k]);
  }
  return ImageOf(out);
}

TEST_CASE("Garments swapped between photographs", "[.photograph]") {
  const std::string folder = Setting("ATELIER_SHEETS", "/tmp");
  const std::map<std::string, Garment> garments = {{"upper", Garment::kUpper},
                                                   {"lower", Garment::kLower},
                                                   {"shoes", Garment::kShoes},
                                                   {"outfit", Garment::kOutfit}};
  SubjectReader reader;
  const std::string name = Setting("ATELIER_GARMENT", "upper");
  const auto stem = [](const std::string& file) {
    return std::filesystem::path(file).stem().string();
  };
  for (const std::string& base_file : Parts(Setting("ATELIER_BASE", ""))) {
    const Subject base = reader.Read(base_file);
    for (const std::string& donor_file : Parts(Setting("ATELIER_DONORS", ""))) {
      if (donor_file == base_file) continue;
      const Subject donor = reader.Read(donor_file);
      const auto start = std::chrono::steady_clock::now();
      GarmentMeasures m;
      const Edited edited = SwapGarment(TheBody(), base, donor, garments.at(name), &m);
      std::printf("%s %s %s: %d x %d, %.2f s, unseen %.2f guessed %.2f erased %.2f entropy %.2f\n",
                  stem(base_file).c_str(), stem(donor_file).c_str(), name.c_str(),
                  base.person.width(), base.person.height(),
                  std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
                  m.unseen, m.guessed, m.erased, m.edge_entropy);
      std::vector<cv::Mat> tiles;
      for (const Image& tile : {base.person.picture, LabelPicture(base), donor.person.picture,
                                LabelPicture(donor), edited.subject.person.picture}) {
        cv::Mat scaled;
        cv::resize(imaging::ViewOf(tile), scaled, {tile.width * 900 / tile.height, 900}, 0, 0,
                   cv::INTER_AREA);
        tiles.push_back(scaled);
      }
      cv::Mat sheet;
      cv::hconcat(tiles, sheet);
      Image out(sheet.rows, sheet.cols, 3);
      sheet.copyTo(imaging::ViewOf(out));
      REQUIRE(people::WriteImage(out, folder + "/" + stem(base_file) + "_" + stem(donor_file) +
                                          "_" + name + ".png")
                  .has_value());
    }
  }
}

}  // namespace
}  // namespace atelier::edit
