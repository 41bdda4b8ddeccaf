#include "picture/picture_metadata.h"

#include "picture/heif_file.h"
#include "picture/jpeg_file.h"
#include "picture/png_file.h"
#include "picture/webp_file.h"

namespace atelier {

std::string RemovePictureMetadata(std::string_view bytes) {
  if (IsPng(bytes)) return RemovePngMetadata(bytes);
  if (IsJpeg(bytes)) return RemoveJpegMetadata(bytes);
  if (IsWebp(bytes)) return RemoveWebpMetadata(bytes);
  if (IsHeif(bytes)) return RemoveHeifMetadata(bytes);
  return std::string(bytes);
}

}  // namespace atelier
