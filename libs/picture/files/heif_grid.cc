#include "picture/files/heif_grid.h"

#include <algorithm>

#include "picture/files/byte_order.h"
#include "picture/files/heif_items.h"

namespace atelier {
namespace {

struct Sides {
  int height = 0;
  int width = 0;
  bool operator==(const Sides&) const = default;
};

std::optional<Sides> SidesOf(std::string_view file, const HeifItems& items, uint32_t id) {
  const HeifItem* const item = items.Find(id);
  const HeifBox* const box = item ? items.FindProperty(*item, "ispe") : nullptr;
  if (box == nullptr) return std::nullopt;
  FieldReader fields(file, *box);
  fields.ReadVersion();
  Sides sides;
  sides.width = static_cast<int>(fields.Read(4));
  sides.height = static_cast<int>(fields.Read(4));
  if (!fields.ok() || sides.width <= 0 || sides.height <= 0) return std::nullopt;
  return sides;
}

/// How often the properties of an item turn it; nothing when they do anything else to it.
std::optional<int> QuarterTurns(std::string_view file, const HeifItems& items,
                                const HeifItem& item) {
  int turns = 0;
  for (const HeifProperty& property : item.properties) {
    const HeifBox& box = items.properties[property.index];
    if (box.type == "clap" || box.type == "imir") return std::nullopt;
    if (box.type == "irot") turns += static_cast<int>(FieldReader(file, box).Read(1) & 3);
  }
  return turns % 4;
}

}  // namespace

std::optional<HeifGrid> ReadHeifGrid(std::string_view file) {
  const std::optional<HeifItems> items = ReadHeifItems(file);
  if (!items || !items->transparency.empty()) return std::nullopt;
  const HeifItem* const item = items->Find(items->primary);
  if (item == nullptr || item->type != "grid" || item->data.empty()) return std::nullopt;
  const std::optional<Sides> whole = SidesOf(file, *items, items->primary);
  const std::optional<int> turns = QuarterTurns(file, *items, *item);
  HeifGrid grid;
  grid.tiles = items->PartsOf(items->primary);
  if (!whole || !turns || grid.tiles.empty()) return std::nullopt;
  const std::optional<Sides> tile = SidesOf(file, *items, grid.tiles.front());
  const bool alike = std::all_of(grid.tiles.begin(), grid.tiles.end(), [&](uint32_t id) {
    const HeifItem* const part = items->Find(id);
    return part != nullptr && SidesOf(file, *items, id) == tile &&
           QuarterTurns(file, *items, *part) == 0;
  });
  if (!tile || !alike) return std::nullopt;
  // The description of the grid: version, flags, rows, columns, size.
  constexpr size_t kColumnsAt = 3;
  const ByteRange& description = item->data.front();
  if (description.end - description.begin <= kColumnsAt || description.end > file.size()) {
    return std::nullopt;
  }
  grid.columns = static_cast<int>(BigEndian(file, description.begin + kColumnsAt, 1)) + 1;
  grid.height = whole->height;
  grid.width = whole->width;
  grid.tile_height = tile->height;
  grid.tile_width = tile->width;
  grid.quarter_turns = *turns;
  return grid;
}

void SetHeifPrimary(uint32_t item, std::string& file) {
  const std::optional<HeifItems> items = ReadHeifItems(file);
  if (!items) return;
  for (const HeifBox& box : items->meta_boxes) {
    if (box.type != "pitm") continue;
    constexpr size_t kVersionBytes = 4;
    const int id_bytes = file[box.body] == 0 ? 2 : 4;
    std::string id;
    AppendBigEndian(item, id_bytes, id);
    file.replace(box.body + kVersionBytes, id.size(), id);
    return;
  }
}

}  // namespace atelier
