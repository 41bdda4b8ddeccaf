// The items of a HEIC file as its `meta` box lists them: pictures, tiles, metadata, and what each
// is decoded by. Nothing is decoded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "picture/files/heif_boxes.h"

namespace atelier {

/// Bytes [begin, end) of the file.
struct ByteRange {
  size_t begin = 0;
  size_t end = 0;
};

/// A property of an item: its box, and whether a decoder must know it.
struct HeifProperty {
  /// Of HeifItems::properties.
  size_t index = 0;
  bool essential = false;
};

struct HeifItem {
  /// "hvc1", "grid", "Exif", "mime", ...
  std::string_view type;
  /// The box that names the type.
  HeifBox entry;
  /// In the order in which they are to be applied.
  std::vector<HeifProperty> properties;
  std::vector<ByteRange> data;
  /// Whether its bytes are in this file, at stated places.
  bool located = false;
};

/// `type` says what `from` has to do with each of `to`: "dimg" is made of, "auxl" belongs to,
/// "thmb" is a thumbnail of, "cdsc" describes.
struct HeifReference {
  std::string_view type;
  uint32_t from = 0;
  std::vector<uint32_t> to;
};

struct HeifItems {
  uint32_t primary = 0;
  std::map<uint32_t, HeifItem> items;
  std::vector<HeifBox> properties;
  std::vector<HeifReference> references;
  /// The items that hold the primary one's transparency.
  std::set<uint32_t> transparency;
  HeifBox meta;
  std::vector<HeifBox> meta_boxes;
  /// Where item data may lie inside `meta`.
  std::optional<HeifBox> data_box;

  /// Nothing when there is none.
  const HeifItem* Find(uint32_t id) const;
  /// The first property of an item of this type.
  const HeifBox* FindProperty(const HeifItem& item, std::string_view type) const;
  /// What the item is made of: the tiles of a grid, in order.
  std::vector<uint32_t> PartsOf(uint32_t id) const;
  /// The items that the picture is decoded from: the primary one, its tiles, its transparency.
  std::set<uint32_t> FindNeeded() const;
};

/// The file's items; nothing when its boxes cannot be read up to the end of `meta`. `bytes` may end
/// there. REQUIRES: IsHeif(bytes).
std::optional<HeifItems> ReadHeifItems(std::string_view bytes);

}  // namespace atelier
