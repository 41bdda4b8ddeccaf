#include "perception/person_mask.h"

namespace atelier::perception {

Image MaskOf(const Image& iuv) {
  Image mask(iuv.height, iuv.width, 1);
  for (size_t i = 0; i < mask.data.size(); ++i) mask.data[i] = iuv.data[3 * i] != 0 ? 255 : 0;
  return mask;
}

}  // namespace atelier::perception
