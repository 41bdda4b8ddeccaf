#include "server/assets/stored_picture.h"

namespace atelier::server {
namespace {

// Where a picture's size nearly always is; metadata may push it further back.
constexpr int64_t kFirstBytes = 64 << 10;

}  // namespace

Result<PictureHeader> ReadStoredHeader(const std::string& digest, std::string_view field,
                                       BlobReader& blobs) {
  ATELIER_ASSIGN_OR_RETURN(std::string bytes, blobs.GetFirst(digest, kFirstBytes));
  Result<PictureHeader> header = ReadPictureHeader(bytes, field);
  if (header || static_cast<int64_t>(bytes.size()) < kFirstBytes) return header;
  ATELIER_ASSIGN_OR_RETURN(bytes, blobs.Get(digest));
  return ReadPictureHeader(bytes, field, kMaxResultBytes);
}

}  // namespace atelier::server
