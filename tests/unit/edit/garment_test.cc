// Garments carried between rendered people.
#include "edit/garment/garment.h"

#include "garment_pair.h"

namespace atelier::edit {
namespace {

TEST_CASE("What a swap does not reach stays bit for bit", "[edit]") {
  const GarmentPair pair = RenderGarmentPair(1, 256, 176);
  const Edited edited = SwapGarment(TheBody(), pair.base, pair.donor, Garment::kUpper);
  const Image &before = pair.base.person.picture, &after = edited.subject.person.picture;
  int same = 0, wrong = 0;
  for (int y = 0; y < before.height; ++y) {
    for (int x = 0; x < before.width; ++x) {
      if (edited.changed.at<float>(y, x) != 0) continue;
      ++same;
      wrong += !std::equal(before.at(y, x), before.at(y, x) + 3, after.at(y, x));
    }
  }
  CHECK(wrong == 0);
  CHECK(same > before.height * before.width / 2);
}

}  // namespace
}  // namespace atelier::edit
