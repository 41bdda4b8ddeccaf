// atelier-people: looks at rendered people, writes data sets of them, and makes the examples.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "base/version.h"
#include "people/files/count_regions.h"
#include "people/files/dataset.h"
#include "people/files/png_writer.h"
#include "people/files/sheet.h"
#include "people/pose/pose_motion.h"
#include "people/render/render.h"
#include "people/render/swap.h"

namespace {

using namespace atelier;          // NOLINT: this file is the command
using namespace atelier::people;  // NOLINT

struct Options {
  std::string body_file = ATELIER_PEOPLE_BODY;
  std::string out;
  uint64_t seed = 1;
  int people = 4;
  int poses = 8;
  int count = 16;
  int height = 256;
  int width = 176;
  int supersample = 2;
  bool labels = false;
  std::string crop;
  std::string motion = "walk";
  double rate = 12;
  double yaw = std::numeric_limits<double>::quiet_NaN();
};

void Progress(int done, int total) {
  std::fprintf(stderr, "\r%d / %d%s", done, total, done == total ? "\n" : "");
  std::fflush(stderr);
}

RenderOptions RenderOptionsOf(const Options& o) { return {o.height, o.width, o.supersample}; }

/// One row a person; with labels, each picture is followed by its parts and keypoints.
Status Contact(const Body& body, const Options& o) {
  const int panels = o.labels ? 3 : 1;
  Image sheet(o.height * o.people, o.width * o.poses * panels, 3);
  ViewOptions view_options;
  view_options.yaw = o.yaw;
  if (o.crop == "full") view_options.crop = Crop::kFull;
  if (o.crop == "upper") view_options.crop = Crop::kUpper;
  for (int row = 0; row < o.people; ++row) {
    const Person person = SamplePerson(body, o.seed + static_cast<uint64_t>(row));
    for (int column = 0; column < o.poses; ++column) {
      const uint64_t seed =
          (o.seed + static_cast<uint64_t>(row)) * 1000 + static_cast<uint64_t>(column);
      const Rendering r = Render(body, person, SamplePose(seed), SampleView(seed, view_options),
                                 RenderOptionsOf(o));
      const int left = column * o.width * panels;
      Paste(r.rgb, row * o.height, left, sheet);
      if (o.labels) {
        Paste(ColourParts(r.iuv), row * o.height, left + o.width, sheet);
        Paste(DrawLabels(r), row * o.height, left + 2 * o.width, sheet);
      }
      Progress(row * o.poses + column + 1, o.people * o.poses);
    }
  }
  return WriteImage(sheet, o.out);
}

/// One row a pair of people: base, donor, then base with each of the donor's regions in turn.
Status Swaps(const Body& body, const Options& o) {
  const int columns = 2 + kSwapRegionCount;
  Image sheet(o.height * o.people, o.width * columns, 3);
  ViewOptions view_options;
  view_options.yaw = o.yaw;
  if (o.crop == "full") view_options.crop = Crop::kFull;
  if (o.crop == "upper") view_options.crop = Crop::kUpper;
  for (int row = 0; row < o.people; ++row) {
    const uint64_t seed = o.seed + 2 * static_cast<uint64_t>(row);
    const Person base = SamplePerson(body, seed), donor = SamplePerson(body, seed + 1);
    const Pose pose = SamplePose(seed);
    const View view = SampleView(seed, view_options);
    View donor_view = view;
    // A wall that a white one's swap shows well; the light is the base's.
    donor_view.scene.background = {.45f, .55f, .70f};
    const Rendering of_donor = Render(body, donor, pose, donor_view, RenderOptionsOf(o));
    Paste(of_donor.rgb, row * o.height, o.width, sheet);
    for (int i = 0; i < kSwapRegionCount; ++i) {
      const SwapRendering r =
          RenderSwap(body, base, donor, donor_view.scene, {static_cast<SwapRegion>(i)}, pose, view,
                     RenderOptionsOf(o));
      if (i == 0) Paste(r.before.rgb, row * o.height, 0, sheet);
      Paste(o.labels ? Spotlight(r.after.rgb, r.mask) : r.after.rgb, row * o.height,
            (2 + i) * o.width, sheet);
      Progress(row * kSwapRegionCount + i + 1, o.people * kSwapRegionCount);
    }
  }
  return WriteImage(sheet, o.out);
}

Status Dataset(const Body& body, const Options& o) {
  for (int i = 0; i < o.count; ++i) {
    ATELIER_RETURN_IF_ERROR(
        WriteSample(body, o.seed + static_cast<uint64_t>(i), i, RenderOptionsOf(o), o.out));
    Progress(i + 1, o.count);
  }
  return {};
}

Status Examples(const Body& body, const Options& o) {
  const std::vector<Example> examples = MakeExamples(body);
  int done = 0;
  for (const Example& e : examples) {
    const Rendering r = Render(body, e.person, e.pose, e.view, RenderOptionsOf(o));
    ATELIER_RETURN_IF_ERROR(
        WriteImage(r.rgb, std::filesystem::path(o.out) / e.folder / (e.name + ".png")));
    Progress(++done, static_cast<int>(examples.size()));
  }
  return {};
}

/// One person in motion: rgb-NNN.png and iuv-NNN.png, from 001 on.
Status Film(const Body& body, const Options& o) {
  const auto name = std::find(kMotionKindNames.begin(), kMotionKindNames.end(), o.motion);
  const auto kind = static_cast<MotionKind>(name - kMotionKindNames.begin());
  const PoseMotion motion(o.seed, kind);
  const Person person = SamplePerson(body, o.seed);
  ViewOptions view_options{.yaw = std::isnan(o.yaw) ? 0 : o.yaw, .crop = Crop::kFull};
  Stage stage{.framed_pose = motion.Widest(), .framed_view = SampleView(o.seed, view_options)};
  const double length = o.count / o.rate;
  for (int i = 0; i < o.count; ++i) {
    const double seconds = i / o.rate;
    View view = stage.framed_view;
    view.yaw += motion.TurnedAt(seconds, length);
    stage.across = motion.AcrossAt(seconds, length);
    RenderOptions options = RenderOptionsOf(o);
    options.stage = &stage;
    const Rendering r = Render(body, person, motion.At(seconds), view, options);
    std::string number = std::to_string(i + 1);
    number.insert(0, 3 - std::min<size_t>(3, number.size()), '0');
    const std::filesystem::path folder = o.out;
    ATELIER_RETURN_IF_ERROR(WriteImage(r.rgb, folder / ("rgb-" + number + ".png")));
    ATELIER_RETURN_IF_ERROR(WriteIuv(r.iuv, folder / ("iuv-" + number + ".png")));
    Progress(i + 1, o.count);
  }
  return {};
}

Status Bench(const Body& body, const Options& o) {
  RenderTimes times;
  RenderOptions options = RenderOptionsOf(o);
  options.times = &times;
  for (int i = 0; i < o.count; ++i) {
    const uint64_t seed = o.seed + static_cast<uint64_t>(i);
    Render(body, SamplePerson(body, seed), SamplePose(seed), SampleView(seed), options);
  }
  const double n = o.count;
  std::printf(
      "dress %.2f  pose %.2f  raster %.2f  shade %.2f  labels %.2f  total %.2f ms: %.1f/s\n",
      times.dress / n, times.pose / n, times.raster / n, times.shade / n, times.labels / n,
      times.total() / n, 1000 * n / times.total());
  return {};
}

Status Prior(const Body& body, const Options& o) {
  const RegionPrior prior =
      CountRegions(body, o.seed, o.count, [&](int done) { Progress(done, o.count); });
  return WriteFile(EncodeRegionPrior(body, prior), o.out);
}

int Run(const Options& o, const std::function<Status(const Body&, const Options&)>& action) {
  const auto body = Body::Load(o.body_file);
  Status status = body.has_value() ? action(**body, o) : Status(Propagate(body.error()));
  if (status.has_value()) return 0;
  std::fprintf(stderr, "\natelier-people: %s (%s)\n", status.error().message.c_str(),
               status.error().reason.c_str());
  return 1;
}

void AddSize(CLI::App& command, Options& o) {
  command.add_option("--height", o.height, "Pixels")->check(CLI::Range(16, 4096));
  command.add_option("--width", o.width, "Pixels")->check(CLI::Range(16, 4096));
  command.add_option("--supersample", o.supersample, "Samples per pixel along each axis")
      ->check(CLI::Range(1, 4));
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  CLI::App app("Renders people who do not exist.");
  app.set_version_flag("--version", std::string("atelier-people ") + kVersion,
                       "Print the version and end");
  app.require_subcommand(1);
  app.add_option("--body", o.body_file, "The body file")->capture_default_str();

  CLI::App* contact = app.add_subcommand("contact", "A sheet: one row a person");
  contact->add_option("--people", o.people, "Rows")->check(CLI::Range(1, 64));
  contact->add_option("--poses", o.poses, "Columns")->check(CLI::Range(1, 64));
  contact->add_option("--seed", o.seed, "Of the first person");
  contact->add_option("--out", o.out, "A .png or .ppm file")->required();
  contact->add_option("--crop", o.crop, "Drawn when absent")
      ->check(CLI::IsMember({"full", "upper"}));
  contact->add_option("--yaw", o.yaw, "Degrees; 0 = from the front; drawn when absent");
  contact->add_flag("--labels", o.labels, "Show parts and keypoints beside each picture");
  AddSize(*contact, o);

  CLI::App* swaps = app.add_subcommand(
      "swaps",
      "A sheet: one row a pair; base, donor, then base with the donor's upper garments, lower "
      "garment, shoes, hair, face, skin, background");
  swaps->add_option("--people", o.people, "Rows")->check(CLI::Range(1, 64));
  swaps->add_option("--seed", o.seed, "Of the first base; its donor is the next");
  swaps->add_option("--out", o.out, "A .png or .ppm file")->required();
  swaps->add_option("--crop", o.crop, "Drawn when absent")->check(CLI::IsMember({"full", "upper"}));
  swaps->add_option("--yaw", o.yaw, "Degrees; 0 = from the front; drawn when absent");
  swaps->add_flag("--labels", o.labels, "Darken what a swap leaves as it was");
  AddSize(*swaps, o);

  CLI::App* dataset =
      app.add_subcommand("dataset", "Pictures, IUV, masks, regions and JSON of random people");
  dataset->add_option("--count", o.count, "Samples")->check(CLI::Range(1, 100000000));
  dataset->add_option("--seed", o.seed, "Of the first sample");
  dataset->add_option("--out", o.out, "A folder")->required();
  AddSize(*dataset, o);

  CLI::App* film =
      app.add_subcommand("film", "Pictures and IUVs of one person in motion, frame by frame");
  film->add_option("--motion", o.motion, "What they do")
      ->check(
          CLI::IsMember(std::vector<std::string>(kMotionKindNames.begin(), kMotionKindNames.end())))
      ->capture_default_str();
  film->add_option("--count", o.count, "Frames")->check(CLI::Range(1, 999));
  film->add_option("--rate", o.rate, "Frames a second")->check(CLI::Range(1.0, 120.0));
  film->add_option("--seed", o.seed, "Of person and motion");
  film->add_option("--yaw", o.yaw, "Degrees; 0 = from the front, the default");
  film->add_option("--out", o.out, "A folder")->required();
  AddSize(*film, o);

  CLI::App* examples = app.add_subcommand("examples", "The example people and poses");
  examples->add_option("--out", o.out, "A folder")->required();
  AddSize(*examples, o);

  CLI::App* bench = app.add_subcommand("bench", "Milliseconds by stage, on one thread");
  bench->add_option("--count", o.count, "Renderings")->check(CLI::Range(1, 1000000));
  bench->add_option("--seed", o.seed, "Of the first");
  AddSize(*bench, o);

  CLI::App* prior = app.add_subcommand(
      "prior", "What renderings show at each place of the body: the file that edits read");
  prior->add_option("file", o.out, "The file to write")->required();
  prior->add_option("--count", o.count, "Renderings")->check(CLI::Range(1, 1000000));
  prior->add_option("--seed", o.seed, "Of the first");

  CLI11_PARSE(app, argc, argv);
  if (contact->parsed()) return Run(o, Contact);
  if (swaps->parsed()) return Run(o, Swaps);
  if (dataset->parsed()) return Run(o, Dataset);
  if (film->parsed()) return Run(o, Film);
  if (examples->parsed()) return Run(o, Examples);
  if (prior->parsed()) return Run(o, Prior);
  return Run(o, Bench);
}
