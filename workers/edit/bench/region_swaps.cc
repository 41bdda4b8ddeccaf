// The project's own swaps, as EditBench judges them.
#include <array>
#include <optional>
#include <utility>

#include "edit/bench/bench.h"
#include "edit/bench/bench_body.h"
#include "edit/bench/repose.h"
#include "edit/bench/true_regions.h"
#include "edit/face/face.h"
#include "edit/garment/garment.h"
#include "edit/parse/parser.h"
#include "edit/parse/read_subject.h"

namespace atelier::edit {
namespace {

/// A label says something only where the rendering shows so many pixels of it.
constexpr int kLeastLabelPixels = 300;
constexpr std::array kJudgedLabels = {Label::kUpper, Label::kLower, Label::kHair};

class RegionSwaps final : public EditMethod {
 public:
  RegionSwaps(std::shared_ptr<const people::Body> body, std::unique_ptr<BodyFinder> finder,
              std::shared_ptr<const Parser> parser, const SwapOptions& options)
      : body_(std::move(body)),
        finder_(std::move(finder)),
        parser_(std::move(parser)),
        options_(options) {}

  std::string name() const override {
    std::string name = options_.bodies == BenchBodies::kExact ? "exact bodies" : "fitted bodies";
    name += options_.true_regions ? ", true regions" : ", parsed regions";
    if (options_.painter != nullptr) name += ", painted by " + options_.painter->info().name;
    return name;
  }

  Status Read(const BenchCase& edited) override {
    overlaps_.clear();
    ATELIER_ASSIGN_OR_RETURN(base_, SubjectOf(edited.base));
    ATELIER_ASSIGN_OR_RETURN(donor_, SubjectOf(edited.donor));
    target_.reset();
    if (edited.target) {
      ATELIER_ASSIGN_OR_RETURN(target_, finder_->Find(*edited.target));
    }
    return {};
  }

  Result<MadeEdit> Edit(BenchRegion region) override {
    MadeEdit made;
    const Subject edited = Swap(region, made).subject;
    if (!target_) {
      made.picture = edited.person.picture;
    } else if (options_.painter == nullptr) {
      made.picture = Repose(*body_, edited, target_->posed, target_->mask);
    } else {
      ATELIER_ASSIGN_OR_RETURN(made.picture, PaintInPose(*options_.painter, options_.face, *body_,
                                                         edited, target_->posed, target_->mask));
    }
    return made;
  }

  std::vector<LabelOverlap> Overlaps() const override { return overlaps_; }

 private:
  Result<Subject> SubjectOf(const BenchPerson& person) {
    ATELIER_ASSIGN_OR_RETURN(BenchBody found, finder_->Find(person));
    Person seen = MakePerson(*body_, person.rendering.rgb, found.mask, std::move(found.posed));
    const auto true_masks = TrueMasks(person.rendering);
    Subject subject;
    if (parser_) {
      subject = ReadSubject(*body_, *parser_, std::move(seen));
      Compare(subject.regions, true_masks);
    } else {
      subject.person = std::move(seen);
      subject.regions = RegionsOf(*body_, subject.person, true_masks);
      subject.appearance = AppearanceOf(*body_, subject.person, subject.regions);
    }
    subject.face = found.face;
    return subject;
  }

  void Compare(const Regions& regions, const std::array<cv::Mat, kLabelCount>& true_masks) {
    for (const Label label : kJudgedLabels) {
      const cv::Mat truth = true_masks[IndexOf(label)] > .5, found = regions.mask(label) > .5;
      if (cv::countNonZero(truth) <= kLeastLabelPixels) continue;
      const double both = cv::countNonZero(truth & found), either = cv::countNonZero(truth | found);
      overlaps_.push_back({std::string(kLabelNames[IndexOf(label)]), both / either});
    }
  }

  Edited Swap(BenchRegion region, MadeEdit& made) const {
    switch (region) {
      case BenchRegion::kUpper:
        return WithGarment(Garment::kUpper, made);
      case BenchRegion::kLower:
        return WithGarment(Garment::kLower, made);
      case BenchRegion::kOutfit:
        return WithGarment(Garment::kOutfit, made);
      case BenchRegion::kFace:
        return WithFace(made);
    }
    return {*base_, {}};
  }

  Edited WithGarment(Garment which, MadeEdit& made) const {
    GarmentMeasures measures;
    Edited edited = SwapGarment(*body_, *base_, *donor_, which, &measures);
    made.measures = {{"unseen", measures.unseen},
                     {"guessed", measures.guessed},
                     {"erased", measures.erased},
                     {"edge_entropy", measures.edge_entropy}};
    return edited;
  }

  Edited WithFace(MadeEdit& made) const {
    FaceMeasures measures;
    Edited edited = SwapFace(*body_, *base_, *donor_, &measures);
    made.measures = {{"unseen", measures.unseen},
                     {"head_angle_degrees", measures.head_angle_degrees},
                     {"residual_metres", measures.residual_metres}};
    return edited;
  }

  const std::shared_ptr<const people::Body> body_;
  const std::unique_ptr<BodyFinder> finder_;
  /// Null: the rendering's own regions.
  const std::shared_ptr<const Parser> parser_;
  const SwapOptions options_;
  std::optional<Subject> base_, donor_;
  /// Where the edited base is to be shown; nothing: where they are.
  std::optional<BenchBody> target_;
  std::vector<LabelOverlap> overlaps_;
};

}  // namespace

Result<std::unique_ptr<EditMethod>> LoadRegionSwaps(std::shared_ptr<const people::Body> body,
                                                    const BenchFiles& files,
                                                    const SwapOptions& options) {
  ATELIER_ASSIGN_OR_RETURN(auto finder,
                           BodyFinder::Load(body, files.photograph_networks, options.bodies));
  std::shared_ptr<const Parser> parser;
  if (!options.true_regions) {
    ATELIER_ASSIGN_OR_RETURN(parser, Parser::Load(body, files.parser_prior));
  }
  return std::make_unique<RegionSwaps>(std::move(body), std::move(finder), std::move(parser),
                                       options);
}

}  // namespace atelier::edit
