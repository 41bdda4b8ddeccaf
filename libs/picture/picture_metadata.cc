#include "picture/picture_metadata.h"

#include "picture/files/heif_file.h"
#include "picture/files/jpeg_file.h"
#include "picture/files/png_file.h"
#include "picture/files/webp_file.h"
#include "picture/film/film_header.h"

namespace atelier {

std::string RemovePictureMetadata(std::string_view bytes) {
  if (IsPng(bytes)) return RemovePngMetadata(bytes);
  if (IsJpeg(bytes)) return RemoveJpegMetadata(bytes);
  if (IsWebp(bytes)) return RemoveWebpMetadata(bytes);
  if (IsHeif(bytes)) return RemoveHeifMetadata(bytes);
  return RemoveFilmMetadata(bytes);
}

}  // namespace atelier
