// Warning: something that makes a result doubtful without preventing it, as every process passes it
// on.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace atelier {

struct Warning {
  /// One of kWarningReasons.
  std::string reason;
  /// Path of the request's field that it is about.
  std::string field;
  /// For a person.
  std::string message;
  /// What was measured, and the limit that it is compared with.
  std::optional<double> value;
  std::optional<double> limit;
};

/// Every reason that there is; docs/api.md says what each measures. A request's `strict` may list
/// these, or kAllWarnings.
inline constexpr std::array<std::string_view, 21> kWarningReasons = {
    "PERSON_UNSURE",          // the estimator's confidence that there is a person
    "SEVERAL_PEOPLE",         // people in the picture
    "PERSON_CUT_OFF",         // share of the body that lies outside of the picture
    "PERSON_UPSIDE_DOWN",     // degrees that the body's axis is turned away from upright
    "PERSON_SMALL",           // pixels of the person's height
    "BODY_UNSURE",            // how well the fitted body agrees with the picture
    "LITTLE_SEEN",            // share of the painted person that the source showed
    "STEPS_OUT_OF_RANGE",     // denoising steps
    "SEED_WITHOUT_EFFECT",    // pictures asked for
    "IUV_CHART_ASSUMED",      // nothing is measured
    "REGION_UNSEEN",          // share of a swapped region that its donor did not show
    "REGION_GUESSED",         // share of it that neither the donor nor its other side showed
    "GARMENT_SHORTER",        // share of the old garment in whose place something is invented
    "BODY_MISFIT",            // overlap of the fitted body and the person
    "BORDER_UNSURE",          // entropy along the border of a region
    "LIMB_END_UNSURE",        // how much likelier a garment's end along a limb is than none
    "CLOTH_OFF_BODY",         // share of the person further from the body than clothes are
    "HEADS_DIFFER",           // degrees between the directions of two heads
    "FRAMES_WITHOUT_PERSON",  // frames of a film that show nobody
    "FILM_CUT",               // cuts in a film
    "BACKGROUND_FILLED",      // share of what is seen of a background that showed a person
};
inline constexpr std::string_view kAllWarnings = "ALL";

}  // namespace atelier
