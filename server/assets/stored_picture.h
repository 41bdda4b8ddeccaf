// What a stored picture says of itself, read without decoding and mostly without reading the file.
#pragma once

#include <string>
#include <string_view>

#include "picture/picture_header.h"
#include "server/blobs/blob_store.h"

namespace atelier::server {

/// Bytes of the largest result; pictures from clients have kMaxPictureBytes.
inline constexpr int64_t kMaxResultBytes = 64 << 20;

/// Errors: BlobStore::Get()'s; INVALID_ARGUMENT naming `field` when the blob is no picture.
Result<PictureHeader> ReadStoredHeader(const std::string& digest, std::string_view field,
                                       BlobReader& blobs);

}  // namespace atelier::server
