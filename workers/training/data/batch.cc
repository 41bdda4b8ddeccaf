#include "training/data/batch.h"

#include "engine/images/tensor.h"

namespace atelier::training {

at::Tensor ToBatch(const std::vector<const Image*>& pictures) {
  std::vector<at::Tensor> rows;
  rows.reserve(pictures.size());
  for (const Image* picture : pictures) rows.push_back(engine::ToTensor(*picture));
  return at::cat(rows);
}

at::Tensor ToBatch(const std::vector<Image>& pictures) {
  std::vector<const Image*> pointers;
  for (const Image& picture : pictures) pointers.push_back(&picture);
  return ToBatch(pointers);
}

}  // namespace atelier::training
