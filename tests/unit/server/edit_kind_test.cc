// What an edit may ask for, and what the server makes of it before anything is painted.
#include "server/admission/edit_kind.h"

#include <catch2/catch.hpp>
#include <functional>
#include <set>

#include "server/admission/swap_rules.h"
#include "unit/server/backend.h"

namespace atelier::server {
namespace {

using Spoil = std::function<void(v1::EditSpec&)>;

v1::Picture Given(const std::string& content) {
  v1::Picture picture;
  picture.set_data(PngBytes(64, 64, content));
  return picture;
}

v1::RegionSwap& AddSwap(v1::EditSpec& spec, v1::BodyRegion region) {
  v1::RegionSwap& swap = *spec.add_swaps();
  swap.mutable_region()->set_region(region);
  return swap;
}

void AddPerson(v1::EditSpec& spec, v1::BodyRegion region) {
  *AddSwap(spec, region).mutable_person() = Given("other");
}

void AddPart(v1::EditSpec& spec, int part) {
  v1::RegionSwap& swap = *spec.add_swaps();
  swap.mutable_region()->set_part(part);
  *swap.mutable_person() = Given("other");
}

/// An edit that breaks no rule: another's garment above.
v1::JobSpec MakeEdit() {
  v1::JobSpec spec;
  *spec.mutable_edit()->mutable_base() = Given("base");
  AddPerson(*spec.mutable_edit(), v1::BODY_REGION_UPPER_GARMENT);
  return spec;
}

/// Where pictures are looked up. Made once: nothing is stored in it here.
BlobStore& Blobs() {
  static const Backend backend;
  return *backend.blobs;
}

/// What is said of what `spoil` makes of MakeEdit(); "" when it breaks no rule.
std::string Refused(const Spoil& spoil) {
  v1::JobSpec spec = MakeEdit();
  spoil(*spec.mutable_edit());
  const Status status = EditKind().Check(spec, {"spec.edit", std::nullopt, Blobs()});
  if (status) return "";
  CHECK(status.error().code == Code::kInvalidArgument);
  CHECK(status.error().message.starts_with("`" + status.error().field + "`"));
  return status.error().message;
}

/// The same of one swap that `fill` gives the region `region` a source in.
std::string RefusedSwap(v1::BodyRegion region, const std::function<void(v1::RegionSwap&)>& fill) {
  return Refused([&](v1::EditSpec& spec) {
    spec.clear_swaps();
    fill(AddSwap(spec, region));
  });
}

std::vector<v1::BodyRegion> AllRegions() {
  std::vector<v1::BodyRegion> regions;
  for (int i = v1::BODY_REGION_FACE; i <= v1::BODY_REGION_BACKGROUND; ++i) {
    regions.push_back(static_cast<v1::BodyRegion>(i));
  }
  return regions;
}

/// The regions for which a swap that `fill` gives a source breaks no rule.
std::set<v1::BodyRegion> TakenFor(const std::function<void(v1::RegionSwap&)>& fill) {
  std::set<v1::BodyRegion> taken;
  for (const v1::BodyRegion region : AllRegions()) {
    if (RefusedSwap(region, fill).empty()) taken.insert(region);
  }
  return taken;
}

/// Whether swaps of the two regions may stand in one edit.
bool GoTogether(v1::BodyRegion first, v1::BodyRegion second) {
  v1::EditSpec spec;
  AddPerson(spec, first);
  AddPerson(spec, second);
  return CheckSwaps(spec.swaps(), "edit").has_value();
}

bool GoTogether(v1::BodyRegion region, int part) {
  v1::EditSpec spec;
  AddPerson(spec, region);
  AddPart(spec, part);
  return CheckSwaps(spec.swaps(), "edit").has_value();
}

}  // namespace

TEST_CASE("An edit is queued with assets, a seed, one variation and what keep_rest means",
          "[edit]") {
  Backend backend;
  backend.RegisterWorker();
  v1::JobSpec edit = MakeEdit();
  AddSwap(*edit.mutable_edit(), v1::BODY_REGION_LOWER_GARMENT).mutable_colour()->set_blue(128);
  const auto job = backend.Submit(edit);
  REQUIRE(job.has_value());
  CHECK(job->model == "models/atelier-mini");
  v1::JobSpec spec;
  REQUIRE(spec.ParseFromString(job->spec));
  CHECK(spec.edit().base().has_asset());
  CHECK(spec.edit().swaps(0).person().has_asset());
  CHECK(spec.edit().swaps(1).colour().blue() == 128);
  CHECK(spec.edit().has_seed());
  CHECK(spec.edit().variations() == 1);
  CHECK(spec.edit().keep_rest());
  CHECK(backend.Lease().size() == 1);
  // The accepted spec breaks no rule either.
  CHECK(backend.Submit(spec).has_value());
}

TEST_CASE("What an edit says itself stays", "[edit]") {
  v1::JobSpec spec = MakeEdit();
  spec.mutable_edit()->set_seed(7);
  spec.mutable_edit()->set_variations(3);
  spec.mutable_edit()->set_keep_rest(false);
  EditKind kind;
  kind.FillDefaults(spec, std::nullopt);
  CHECK(spec.edit().seed() == 7);
  CHECK(spec.edit().variations() == 3);
  CHECK_FALSE(spec.edit().keep_rest());
  CHECK(kind.CountResults(spec) == 3);
}

TEST_CASE("In another pose nothing is kept", "[edit]") {
  v1::JobSpec spec = MakeEdit();
  *spec.mutable_edit()->mutable_pose_picture() = Given("pose");
  EditKind().FillDefaults(spec, std::nullopt);
  CHECK(spec.edit().has_keep_rest());
  CHECK_FALSE(spec.edit().keep_rest());
}

TEST_CASE("Every picture of an edit is stored, whichever field it stands in", "[edit]") {
  Backend backend;
  v1::JobSpec spec = MakeEdit();
  v1::EditSpec& edit = *spec.mutable_edit();
  *AddSwap(edit, v1::BODY_REGION_LOWER_GARMENT).mutable_garment() = Given("garment");
  *AddSwap(edit, v1::BODY_REGION_BACKGROUND).mutable_background() = Given("beach");
  *edit.mutable_pose_picture() = Given("pose");
  *edit.add_sources() = Given("back");
  CHECK(EditKind().PicturesOf(spec).size() == 6);
  REQUIRE(backend.Submit(spec).has_value());
  CHECK(backend.CountBlobs() == 6);

  v1::JobSpec printed = MakeEdit();
  printed.mutable_edit()->clear_swaps();
  *AddSwap(*printed.mutable_edit(), v1::BODY_REGION_OUTFIT).mutable_pattern()->mutable_picture() =
      Given("tartan");
  printed.mutable_edit()->mutable_pose_iuv()->set_data(IuvBytes(64, 64));
  CHECK(EditKind().PicturesOf(printed).size() == 3);
  const auto job = backend.Submit(printed);
  REQUIRE(job.has_value());
  REQUIRE(printed.ParseFromString(job->spec));
  CHECK(printed.edit().swaps(0).pattern().picture().has_asset());
  CHECK(printed.edit().pose_iuv().has_asset());
}

TEST_CASE("An edit without a base, or whose picture is none, is refused by its path", "[edit]") {
  CHECK_THAT(Refused([](auto& e) { e.clear_base(); }),
             Catch::StartsWith("`spec.edit.base` must be"));
  CHECK_THAT(Refused([](auto& e) { e.mutable_base()->set_data("no picture"); }),
             Catch::StartsWith("`spec.edit.base` must be"));
  CHECK_THAT(Refused([](auto& e) { e.mutable_swaps(0)->mutable_person()->set_data("none"); }),
             Catch::StartsWith("`spec.edit.swaps[0].person` must be"));
  CHECK_THAT(Refused([](auto& e) {
               e.clear_swaps();
               AddSwap(e, v1::BODY_REGION_UPPER_GARMENT).mutable_garment()->set_data("none");
             }),
             Catch::StartsWith("`spec.edit.swaps[0].garment` must be"));
  CHECK_THAT(Refused([](auto& e) {
               AddSwap(e, v1::BODY_REGION_BACKGROUND).mutable_background()->set_data("none");
             }),
             Catch::StartsWith("`spec.edit.swaps[1].background` must be"));
  CHECK_THAT(Refused([](auto& e) { AddSwap(e, v1::BODY_REGION_LOWER_GARMENT).mutable_pattern(); }),
             Catch::StartsWith("`spec.edit.swaps[1].pattern.picture` must be"));
  CHECK_THAT(Refused([](auto& e) { e.mutable_pose_picture()->set_data("none"); }),
             Catch::StartsWith("`spec.edit.pose_picture` must be"));
  CHECK_THAT(Refused([](auto& e) { e.mutable_pose_iuv()->set_data(JpegBytes(64, 64)); }),
             Catch::StartsWith("`spec.edit.pose_iuv` must be a PNG"));
  CHECK_THAT(Refused([](auto& e) { e.mutable_pose_iuv()->set_data(IuvBytes(64, 64, 200, 5)); }),
             Catch::Contains("say so with iuv_channels VUI"));
  CHECK(Refused([](auto& e) {
          e.mutable_pose_iuv()->set_data(IuvBytes(64, 64, 200, 5));
          e.set_iuv_channels(v1::IUV_CHANNELS_VUI);
        }).empty());
  CHECK_THAT(Refused([](auto& e) {
               *e.mutable_pose_picture() = Given("pose");
               *e.add_sources() = Given("back");
               e.add_sources()->set_data("none");
             }),
             Catch::StartsWith("`spec.edit.sources[1]` must be"));
}

TEST_CASE("A refused edit leaves nothing behind", "[edit]") {
  Backend backend;
  v1::JobSpec spec = MakeEdit();
  AddPerson(*spec.mutable_edit(), v1::BODY_REGION_OUTFIT);
  const auto refused = backend.Submit(spec);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().field == "spec.edit.swaps[1].region");
  CHECK(backend.store.Count()->queued == 0);
  CHECK(backend.CountBlobs() == 0);
}

TEST_CASE("A donor that is not there is NOT_FOUND by its path", "[edit]") {
  Backend backend;
  v1::JobSpec spec = MakeEdit();
  spec.mutable_edit()->mutable_swaps(0)->mutable_person()->set_asset("assets/" +
                                                                     std::string(64, 'a'));
  const auto missing = backend.Submit(spec);
  CHECK(missing.error().code == Code::kNotFound);
  CHECK(missing.error().field == "spec.edit.swaps[0].person.asset");
}

TEST_CASE("An edit has 1 to 12 swaps, each with a region and one source", "[edit]") {
  CHECK(Refused([](auto& e) { e.clear_swaps(); }) ==
        "`spec.edit.swaps` must be at least 1 entry. Given: 0");
  CHECK(Refused([](auto& e) {
          e.clear_swaps();
          for (int part = 1; part <= 12; ++part) AddPart(e, part);
        }) == "");
  CHECK(Refused([](auto& e) {
          e.clear_swaps();
          for (int part = 1; part <= 13; ++part) AddPart(e, part);
        }) == "`spec.edit.swaps` must be at most 12 entries. Given: 13");
  CHECK(Refused([](auto& e) { e.mutable_swaps(0)->clear_region(); }) ==
        "`spec.edit.swaps[0].region` must be one of region and part. Given: none");
  CHECK(Refused([](auto& e) {
          e.mutable_swaps(0)->mutable_region()->set_region(v1::BODY_REGION_UNSPECIFIED);
        }) == "`spec.edit.swaps[0].region` must be one of region and part. Given: UNSPECIFIED");
  CHECK(Refused([](auto& e) { e.mutable_swaps(0)->clear_source(); }) ==
        "`spec.edit.swaps[0].source` must be one of person, garment, colour, pattern, background "
        "and transparent. Given: none");
}

TEST_CASE("Numbers of an edit keep to their limits, with the swap that breaks one named",
          "[edit]") {
  CHECK(Refused([](auto& e) { e.mutable_swaps(0)->set_strength(1.5); }) ==
        "`spec.edit.swaps[0].strength` must be 0 to 1. Given: 1.5");
  CHECK_THAT(Refused([](auto& e) { e.mutable_swaps(0)->mutable_region()->set_part(25); }),
             Catch::StartsWith("`spec.edit.swaps[0].region.part` must be 1 to 24"));
  CHECK_THAT(Refused([](auto& e) { e.mutable_swaps(0)->mutable_region()->set_part(0); }),
             Catch::StartsWith("`spec.edit.swaps[0].region.part` must be 1 to 24"));
  CHECK_THAT(RefusedSwap(v1::BODY_REGION_HAIR, [](auto& s) { s.mutable_colour()->set_green(256); }),
             Catch::StartsWith("`spec.edit.swaps[0].colour.green` must be 0 to 255"));
  CHECK_THAT(RefusedSwap(v1::BODY_REGION_OUTFIT,
                         [](auto& s) { s.mutable_pattern()->set_width_metres(0); }),
             Catch::StartsWith("`spec.edit.swaps[0].pattern.width_metres` must be 0.01 to 2"));
  CHECK_THAT(Refused([](auto& e) { e.set_variations(9); }),
             Catch::StartsWith("`spec.edit.variations` must be 1 to 8"));
  CHECK_THAT(Refused([](auto& e) { e.set_longest_side(63); }),
             Catch::StartsWith("`spec.edit.longest_side` must be 64 to 8192"));
  CHECK_THAT(Refused([](auto& e) { e.mutable_base_person()->set_index(32); }),
             Catch::StartsWith("`spec.edit.base_person.index` must be 0 to 31"));
}

TEST_CASE("Values of a later API are refused, not guessed", "[edit]") {
  CHECK_THAT(Refused([](auto& e) {
               e.mutable_swaps(0)->mutable_region()->set_region(static_cast<v1::BodyRegion>(99));
             }),
             Catch::StartsWith("`spec.edit.swaps[0].region.region` must be a value of BodyRegion"));
  CHECK_THAT(Refused([](auto& e) { e.set_base_estimator(static_cast<v1::Estimator>(99)); }),
             Catch::StartsWith("`spec.edit.base_estimator` must be a value of Estimator"));
  CHECK_THAT(RefusedSwap(v1::BODY_REGION_OUTFIT,
                         [](auto& s) {
                           s.mutable_pattern()->set_repeat(static_cast<v1::PatternRepeat>(99));
                         }),
             Catch::StartsWith("`spec.edit.swaps[0].pattern.repeat` must be a value of"));
}

TEST_CASE("Every source goes with its own regions alone", "[edit]") {
  using Regions = std::set<v1::BodyRegion>;
  const Regions garments = {v1::BODY_REGION_UPPER_GARMENT, v1::BODY_REGION_LOWER_GARMENT};
  CHECK(TakenFor([](auto& s) { *s.mutable_garment() = Given("garment"); }) == garments);
  Regions coloured = garments;
  coloured.insert({v1::BODY_REGION_OUTFIT, v1::BODY_REGION_SHOES, v1::BODY_REGION_HAIR,
                   v1::BODY_REGION_BACKGROUND});
  CHECK(TakenFor([](auto& s) { s.mutable_colour(); }) == coloured);
  Regions printed = garments;
  printed.insert(v1::BODY_REGION_OUTFIT);
  CHECK(TakenFor([](auto& s) { *s.mutable_pattern()->mutable_picture() = Given("tartan"); }) ==
        printed);
  const Regions background = {v1::BODY_REGION_BACKGROUND};
  CHECK(TakenFor([](auto& s) { *s.mutable_background() = Given("beach"); }) == background);
  CHECK(TakenFor([](auto& s) { s.set_transparent(true); }) == background);
  Regions of_people;
  for (const v1::BodyRegion region : AllRegions()) of_people.insert(region);
  of_people.erase(v1::BODY_REGION_BACKGROUND);
  CHECK(TakenFor([](auto& s) { *s.mutable_person() = Given("other"); }) == of_people);
}

TEST_CASE("A source that does not go with its region is told which ones it goes with", "[edit]") {
  CHECK(RefusedSwap(v1::BODY_REGION_FACE, [](auto& s) { s.mutable_colour(); }) ==
        "`spec.edit.swaps[0].colour` must be for UPPER_GARMENT, LOWER_GARMENT, OUTFIT, SHOES, HAIR "
        "or BACKGROUND alone. Given: for FACE");
  CHECK(Refused([](auto& e) {
          v1::RegionSwap& swap = *e.add_swaps();
          swap.mutable_region()->set_part(24);
          *swap.mutable_garment() = Given("garment");
        }) ==
        "`spec.edit.swaps[1].garment` must be for UPPER_GARMENT or LOWER_GARMENT alone. Given: for "
        "part 24");
  CHECK_THAT(RefusedSwap(v1::BODY_REGION_BACKGROUND,
                         [](auto& s) { *s.mutable_person() = Given("other"); }),
             Catch::StartsWith("`spec.edit.swaps[0].person` must be for a region of the person"));
  CHECK(RefusedSwap(v1::BODY_REGION_BACKGROUND, [](auto& s) { s.set_transparent(false); }) ==
        "`spec.edit.swaps[0].transparent` must be true. Given: false");
}

TEST_CASE("Two swaps that change the same place are refused with both paths", "[edit]") {
  CHECK(Refused([](auto& e) {
          AddPerson(e, v1::BODY_REGION_HAIR);
          AddPerson(e, v1::BODY_REGION_OUTFIT);
        }) ==
        "`spec.edit.swaps[2].region` must be a place that no other swap changes. Given: OUTFIT, "
        "while `spec.edit.swaps[0].region` is UPPER_GARMENT");
  CHECK_THAT(Refused([](auto& e) { AddPart(e, 15); }),
             Catch::EndsWith("Given: part 15, while `spec.edit.swaps[0].region` is UPPER_GARMENT"));
  CHECK_FALSE(GoTogether(v1::BODY_REGION_FACE, v1::BODY_REGION_HEAD));
  CHECK_FALSE(GoTogether(v1::BODY_REGION_HAIR, v1::BODY_REGION_HEAD));
  CHECK_FALSE(GoTogether(v1::BODY_REGION_LOWER_GARMENT, v1::BODY_REGION_OUTFIT));
  CHECK_FALSE(GoTogether(v1::BODY_REGION_SHOES, v1::BODY_REGION_OUTFIT));
  CHECK_FALSE(GoTogether(v1::BODY_REGION_SKIN, v1::BODY_REGION_FACE));
  CHECK_FALSE(GoTogether(v1::BODY_REGION_UPPER_GARMENT, v1::BODY_REGION_ARMS));
  CHECK_FALSE(GoTogether(v1::BODY_REGION_SHOES, v1::BODY_REGION_LEGS));
  for (const v1::BodyRegion region : AllRegions()) {
    INFO(v1::BodyRegion_Name(region));
    CHECK_FALSE(GoTogether(region, region));
    const bool background = region == v1::BODY_REGION_BACKGROUND;
    // A person's picture is no background; what is asked here is the place alone.
    v1::RegionName whole, other;
    whole.set_region(v1::BODY_REGION_WHOLE_TEXTURE);
    other.set_region(region);
    CHECK((PlaceOf(whole) & PlaceOf(other)).none() == background);
  }
}

TEST_CASE("Swaps of different places go together", "[edit]") {
  CHECK(GoTogether(v1::BODY_REGION_UPPER_GARMENT, v1::BODY_REGION_LOWER_GARMENT));
  CHECK(GoTogether(v1::BODY_REGION_FACE, v1::BODY_REGION_HAIR));
  CHECK(GoTogether(v1::BODY_REGION_SKIN, v1::BODY_REGION_OUTFIT));
  CHECK(GoTogether(v1::BODY_REGION_SKIN, v1::BODY_REGION_HAIR));
  CHECK(GoTogether(v1::BODY_REGION_HEAD, v1::BODY_REGION_OUTFIT));
  CHECK(GoTogether(v1::BODY_REGION_ARMS, v1::BODY_REGION_LEGS));
  CHECK(GoTogether(v1::BODY_REGION_ARMS, v1::BODY_REGION_SHOES));
}

TEST_CASE("A part of the body is a place of every region that lies on it", "[edit]") {
  struct Row {
    int part;
    std::set<v1::BodyRegion> regions;
  };
  const std::vector<Row> rows = {
      {1, {v1::BODY_REGION_UPPER_GARMENT, v1::BODY_REGION_OUTFIT}},
      {3, {v1::BODY_REGION_ARMS}},
      {5, {v1::BODY_REGION_SHOES, v1::BODY_REGION_OUTFIT, v1::BODY_REGION_LEGS}},
      {14, {v1::BODY_REGION_LOWER_GARMENT, v1::BODY_REGION_OUTFIT, v1::BODY_REGION_LEGS}},
      {22, {v1::BODY_REGION_UPPER_GARMENT, v1::BODY_REGION_OUTFIT, v1::BODY_REGION_ARMS}},
      {24, {v1::BODY_REGION_FACE, v1::BODY_REGION_HEAD, v1::BODY_REGION_HAIR}}};
  for (const Row& row : rows) {
    for (const v1::BodyRegion region : AllRegions()) {
      if (region == v1::BODY_REGION_BACKGROUND) continue;
      INFO(row.part << " " << v1::BodyRegion_Name(region));
      // The whole person and the skin are everywhere.
      const bool everywhere =
          region == v1::BODY_REGION_WHOLE_TEXTURE || region == v1::BODY_REGION_SKIN;
      CHECK(GoTogether(region, row.part) == !(everywhere || row.regions.contains(region)));
    }
  }
}

TEST_CASE("Rules of the pose: keep_rest in the base's own, further photographs in another",
          "[edit]") {
  CHECK(Refused([](auto& e) { e.set_keep_rest(true); }) == "");
  CHECK(Refused([](auto& e) { e.set_keep_rest(false); }) == "");
  CHECK_THAT(Refused([](auto& e) {
               *e.mutable_pose_picture() = Given("pose");
               e.set_keep_rest(true);
             }),
             Catch::StartsWith("`spec.edit.keep_rest` must be absent or false with another pose"));
  CHECK(Refused([](auto& e) {
          *e.mutable_pose_picture() = Given("pose");
          e.set_keep_rest(false);
          *e.add_sources() = Given("back");
        }) == "");
  CHECK(Refused([](auto& e) { *e.add_sources() = Given("back"); }) ==
        "`spec.edit.sources` must be empty without a pose_picture or pose_iuv. Given: 1 pictures");
  CHECK_THAT(Refused([](auto& e) {
               *e.mutable_pose_picture() = Given("pose");
               for (int i = 0; i < 4; ++i) *e.add_sources() = Given("back");
             }),
             Catch::StartsWith("`spec.edit.sources` must be at most 3 entries"));
}

TEST_CASE("Edits that keep pixels, painted edits and syntheses are never in one batch", "[edit]") {
  EditKind kind;
  v1::JobSpec own = MakeEdit();
  own.mutable_edit()->set_model("models/m");
  v1::JobSpec anew = own;
  anew.mutable_edit()->set_keep_rest(false);
  v1::JobSpec posed = own;
  *posed.mutable_edit()->mutable_pose_picture() = Given("pose");
  CHECK(kind.BatchKey(own).starts_with("models/m|"));
  CHECK(kind.BatchKey(own) != kind.BatchKey(anew));
  CHECK(kind.BatchKey(anew) == kind.BatchKey(posed));

  Backend backend;
  backend.RegisterWorker();
  REQUIRE(backend.Submit(MakeSpec()).has_value());
  REQUIRE(backend.Submit(MakeEdit()).has_value());
  CHECK(backend.Lease(4).size() == 1);
  CHECK(backend.Lease(4).size() == 1);
}

TEST_CASE("An edit that keeps pixels is as large as what it reads, a painted one a megapixel each",
          "[edit]") {
  EditKind kind;
  const auto sized = [](int height, int width) {
    v1::Picture picture;
    picture.set_data(PngBytes(height, width, "sized"));
    return picture;
  };
  v1::JobSpec spec = MakeEdit();
  v1::EditSpec& edit = *spec.mutable_edit();
  *edit.mutable_base() = sized(600, 400);
  *edit.mutable_swaps(0)->mutable_person() = sized(500, 300);
  edit.set_variations(4);
  CHECK(kind.SizeOf(spec, Blobs()).pixels == 600 * 400 + 500 * 300);
  edit.set_longest_side(300);
  CHECK(kind.SizeOf(spec, Blobs()).pixels == 300 * 200 + 500 * 300);
  // People are edited at up to 1536 pixels a side; a colour is no picture.
  edit.clear_longest_side();
  *edit.mutable_base() = sized(3072, 2048);
  edit.mutable_swaps(0)->mutable_colour();
  CHECK(kind.SizeOf(spec, Blobs()).pixels == 1536 * 1024);
  edit.mutable_base()->set_asset("assets/" + std::string(64, 'a'));
  CHECK(kind.SizeOf(spec, Blobs()).pixels == 1'000'000);
  edit.set_keep_rest(false);
  CHECK(kind.SizeOf(spec, Blobs()).pixels == 4'000'000);
}

}  // namespace atelier::server
