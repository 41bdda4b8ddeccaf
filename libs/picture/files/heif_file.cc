#include "picture/files/heif_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "picture/files/heif_items.h"
#include "picture/files/hevc_size.h"

namespace atelier {
namespace {

constexpr std::string_view kCoded = "hvc1";
constexpr std::string_view kGrid = "grid";
/// Brands of HEVC-coded pictures, and those of HEIF that leave the codec open.
constexpr std::array<std::string_view, 8> kBrands = {"heic", "heix", "heim", "heis",
                                                     "hevc", "hevx", "mif1", "msf1"};
/// Coded pictures are larger than the shown ones by less than a coding block.
constexpr uint64_t kLargestBlock = 64;
/// Tiles, of which the last ones may be cut off, and transparency take more than the picture's
/// size.
constexpr int64_t kMostCodedShare = 3;

template <typename Range>
bool Contains(const Range& range, std::string_view wanted) {
  return std::find(std::begin(range), std::end(range), wanted) != std::end(range);
}

std::optional<StatedSize> SizeIn(std::string_view bytes, const HeifBox& box) {
  FieldReader fields(bytes, box);
  fields.ReadVersion();
  StatedSize size;
  size.width = static_cast<int64_t>(fields.Read(4));
  size.height = static_cast<int64_t>(fields.Read(4));
  if (!fields.ok()) return std::nullopt;
  return size;
}

std::optional<StatedSize> StoredSize(std::string_view bytes, const HeifItems& file,
                                     const HeifItem& item) {
  const HeifBox* const box = file.FindProperty(item, "ispe");
  return box == nullptr ? std::nullopt : SizeIn(bytes, *box);
}

/// How many of `side` pixels a clean aperture of `length` leaves, `offset` off the middle.
int64_t CroppedSide(int64_t side, double length, double offset) {
  const double left = std::trunc(offset + (static_cast<double>(side) - length) / 2);
  const double right = left + std::round(length) - 1;
  const double last = static_cast<double>(side - 1);
  return static_cast<int64_t>(std::min(right, last) - std::max(left, 0.0)) + 1;
}

/// Clean aperture: width, height and offsets from the middle, a fraction each.
std::optional<StatedSize> Cropped(std::string_view bytes, const HeifBox& box, StatedSize size) {
  FieldReader fields(bytes, box);
  std::array<double, 4> values = {};
  for (double& value : values) {
    const auto numerator = static_cast<int32_t>(fields.Read(4));
    const auto denominator = static_cast<uint32_t>(fields.Read(4));
    if (denominator == 0) return std::nullopt;
    value = static_cast<double>(numerator) / denominator;
  }
  size.width = CroppedSide(size.width, values[0], values[2]);
  size.height = CroppedSide(size.height, values[1], values[3]);
  return size;
}

std::optional<StatedSize> ShownSize(std::string_view bytes, const HeifItems& file) {
  const HeifItem* const item = file.Find(file.primary);
  if (item == nullptr || (item->type != kCoded && item->type != kGrid)) return std::nullopt;
  std::optional<StatedSize> size = StoredSize(bytes, file, *item);
  for (const HeifProperty& property : item->properties) {
    if (!size) return std::nullopt;
    const HeifBox& box = file.properties[property.index];
    if (box.type == "irot") {
      FieldReader fields(bytes, box);
      if ((fields.Read(1) & 1) != 0) std::swap(size->height, size->width);
    } else if (box.type == "clap") {
      size = Cropped(bytes, box, *size);
    }
  }
  return size;
}

bool IsWithin(const ByteRange& range, const HeifBox& box) {
  return range.begin >= box.body && range.end <= box.end;
}

/// The item's data in one piece. REQUIRES: its places are in `bytes`.
std::string DataOf(std::string_view bytes, const HeifItem& item) {
  std::string data;
  for (const ByteRange& range : item.data) {
    data += bytes.substr(range.begin, range.end - range.begin);
  }
  return data;
}

/// Whether a unit of HEVC data codes pictures of no more than `size`, as far as it says.
bool Fits(std::string_view nal, const StatedSize& size) {
  const std::optional<int> type = HevcUnitType(nal);
  if (!type) return false;
  if (*type != kHevcSequenceParameters) return true;
  const std::optional<HevcSize> coded = ReadHevcSize(nal);
  return coded && coded->height < static_cast<uint64_t>(size.height) + kLargestBlock &&
         coded->width < static_cast<uint64_t>(size.width) + kLargestBlock;
}

/// The decoder's set-up: how many bytes the length of a unit has; 0 when it does not fit `size`.
size_t LengthBytes(std::string_view bytes, const HeifBox& set_up, const StatedSize& size) {
  FieldReader fields(bytes, set_up);
  constexpr size_t kProfileBytes = 21;
  fields.Take(kProfileBytes);
  const size_t length_bytes = static_cast<size_t>(fields.Read(1) & 3) + 1;
  bool has_size = false;
  for (uint64_t arrays = fields.Read(1); arrays > 0 && fields.ok(); --arrays) {
    const int type = static_cast<int>(fields.Read(1) & 63);
    for (uint64_t units = fields.Read(2); units > 0 && fields.ok(); --units) {
      const std::string_view nal = fields.Take(static_cast<size_t>(fields.Read(2)));
      if (!fields.ok() || !Fits(nal, size)) return 0;
      has_size = has_size || type == kHevcSequenceParameters;
    }
  }
  return fields.ok() && has_size ? length_bytes : 0;
}

/// Whether the data is whole units, none of which codes larger pictures than stated.
bool IsWholeCoded(std::string_view bytes, const HeifItems& file, const HeifItem& item,
                  const StatedSize& size) {
  const HeifBox* const set_up = file.FindProperty(item, "hvcC");
  const size_t length_bytes = set_up == nullptr ? 0 : LengthBytes(bytes, *set_up, size);
  if (length_bytes == 0) return false;
  const std::string data = DataOf(bytes, item);
  for (size_t at = 0; at < data.size();) {
    if (data.size() - at < length_bytes) return false;
    const auto length = static_cast<size_t>(BigEndian(data, at, static_cast<int>(length_bytes)));
    at += length_bytes;
    if (length > data.size() - at) return false;
    if (!Fits(std::string_view(data).substr(at, length), size)) return false;
    at += length;
  }
  return true;
}

/// Whether the description of a grid is of the size that its item states, and has all its tiles.
bool IsWholeGrid(std::string_view bytes, const HeifItem& item, const StatedSize& size,
                 size_t tiles) {
  const std::string data = DataOf(bytes, item);
  if (data.size() < 8) return false;
  const int side_bytes = (data[1] & 1) != 0 ? 4 : 2;
  if (data.size() < 4 + 2 * static_cast<size_t>(side_bytes)) return false;
  const auto rows = static_cast<size_t>(static_cast<uint8_t>(data[2])) + 1;
  const auto columns = static_cast<size_t>(static_cast<uint8_t>(data[3])) + 1;
  return rows * columns == tiles &&
         BigEndian(data, 4, side_bytes) == static_cast<uint64_t>(size.width) &&
         BigEndian(data, 4 + static_cast<size_t>(side_bytes), side_bytes) ==
             static_cast<uint64_t>(size.height);
}

/// The file as far as it is needed: its items and its outermost boxes.
struct Layout {
  HeifItems items;
  std::vector<HeifBox> boxes;
};

/// Nothing when boxes or items cannot be read. Bytes behind the last box are left out.
std::optional<Layout> ReadLayout(std::string_view bytes) {
  std::optional<HeifItems> items = ReadHeifItems(bytes);
  if (!items) return std::nullopt;
  Layout layout{*std::move(items), {}};
  constexpr size_t kMostBoxes = 1024;
  for (size_t at = 0; at < bytes.size() && layout.boxes.size() < kMostBoxes;) {
    const std::optional<HeifBox> box = ReadHeifBox(bytes, at, bytes.size());
    if (!box) break;
    layout.boxes.push_back(*box);
    at = box->end;
  }
  return layout;
}

/// Whether the places of an item's data are there, in the boxes for data.
bool HasData(const Layout& layout, const HeifItem& item) {
  if (!item.located || item.data.empty()) return false;
  for (const ByteRange& range : item.data) {
    const bool in_meta = layout.items.data_box && IsWithin(range, *layout.items.data_box);
    const bool in_file =
        std::any_of(layout.boxes.begin(), layout.boxes.end(),
                    [&](const HeifBox& box) { return box.type == "mdat" && IsWithin(range, box); });
    if (!in_meta && !in_file) return false;
  }
  return true;
}

bool IsKnownProperty(std::string_view type) {
  constexpr std::array<std::string_view, 12> kKnown = {"hvcC", "ispe", "irot", "imir",
                                                       "clap", "colr", "pixi", "pasp",
                                                       "auxC", "clli", "mdcv", "cclv"};
  return Contains(kKnown, type);
}

/// Makes bytes of a file empty in their place.
class Eraser {
 public:
  explicit Eraser(std::string& file) : file_(file) {}

  void Zero(size_t begin, size_t end) {
    if (begin < end) std::fill(file_.begin() + begin, file_.begin() + end, '\0');
  }

  /// Makes what is named by four letters one that readers skip.
  void Rename(size_t at) { file_.replace(at, 4, "free"); }

  /// The same of a box, with all that it holds.
  void Empty(const HeifBox& box) {
    Rename(box.begin + 4);
    Zero(box.body, box.end);
  }

  /// Zeros what a box holds outside of `kept`, which are in order.
  void ZeroBetween(const HeifBox& box, const std::vector<ByteRange>& kept) {
    size_t at = box.body;
    for (const ByteRange& range : kept) {
      if (!IsWithin(range, box)) continue;
      Zero(at, range.begin);
      at = std::max(at, range.end);
    }
    Zero(at, box.end);
  }

 private:
  std::string& file_;
};

/// Behind an item's type come names and types of contents.
void EraseEntries(std::string_view bytes, const HeifItems& items, const std::set<uint32_t>& needed,
                  Eraser& eraser) {
  for (const auto& [id, item] : items.items) {
    const auto type_at = static_cast<size_t>(item.type.data() - bytes.data());
    if (!needed.contains(id)) eraser.Rename(type_at);
    eraser.Zero(type_at + 4, item.entry.end);
  }
}

void EraseProperties(const HeifItems& items, const std::set<uint32_t>& needed, Eraser& eraser) {
  std::set<size_t> kept;
  for (const uint32_t id : needed) {
    for (const HeifProperty& property : items.Find(id)->properties) {
      const bool known = IsKnownProperty(items.properties[property.index].type);
      if (known || property.essential) kept.insert(property.index);
    }
  }
  for (size_t i = 0; i < items.properties.size(); ++i) {
    if (!kept.contains(i)) eraser.Empty(items.properties[i]);
  }
}

void EraseMeta(const HeifItems& items, const std::vector<ByteRange>& data, Eraser& eraser) {
  constexpr std::array<std::string_view, 8> kKept = {"hdlr", "pitm", "iinf", "iref",
                                                     "iprp", "iloc", "idat", "dinf"};
  constexpr size_t kHandlerBytes = 20;  // Its name follows.
  std::set<std::string_view> seen;
  for (const HeifBox& box : items.meta_boxes) {
    if (!Contains(kKept, box.type) || !seen.insert(box.type).second) {
      eraser.Empty(box);
    } else if (box.type == "hdlr") {
      eraser.Zero(box.body + kHandlerBytes, box.end);
    } else if (box.type == "idat") {
      eraser.ZeroBetween(box, data);
    }
  }
}

}  // namespace

bool IsHeif(std::string_view bytes) {
  const std::optional<HeifBox> box = ReadHeifBox(bytes, 0, bytes.size());
  if (!box || box->type != "ftyp" || box->end - box->body < 8) return false;
  std::vector<std::string_view> brands = {bytes.substr(box->body, 4)};
  constexpr size_t kMostBrands = 64;
  for (size_t at = box->body + 8; box->end - at >= 4 && brands.size() < kMostBrands; at += 4) {
    brands.push_back(bytes.substr(at, 4));
  }
  // AVIF is HEIF with another codec.
  if (Contains(brands, "avif") || Contains(brands, "avis")) return false;
  return std::any_of(brands.begin(), brands.end(),
                     [](std::string_view brand) { return Contains(kBrands, brand); });
}

std::optional<StatedSize> ReadHeifSize(std::string_view bytes) {
  const std::optional<HeifItems> items = ReadHeifItems(bytes);
  return items ? ShownSize(bytes, *items) : std::nullopt;
}

bool IsWholeHeif(std::string_view bytes, int64_t max_pixels) {
  const std::optional<Layout> layout = ReadLayout(bytes);
  if (!layout) return false;
  // Of two boxes decoders may read the other one.
  const auto metas = std::count_if(layout->boxes.begin(), layout->boxes.end(),
                                   [](const HeifBox& box) { return box.type == "meta"; });
  if (metas != 1) return false;
  const HeifItems& items = layout->items;
  int64_t pixels = 0;
  for (const uint32_t id : items.FindNeeded()) {
    const HeifItem* const item = items.Find(id);
    if (item == nullptr || !HasData(*layout, *item)) return false;
    const std::optional<StatedSize> size = StoredSize(bytes, items, *item);
    if (!size || size->width > max_pixels || size->height > max_pixels) return false;
    const int64_t area = size->width * size->height;
    if (item->type == kCoded) {
      pixels += area;
      if (area > max_pixels || pixels > kMostCodedShare * max_pixels) return false;
      if (!IsWholeCoded(bytes, items, *item, *size)) return false;
    } else if (item->type != kGrid || area > max_pixels ||
               !IsWholeGrid(bytes, *item, *size, items.PartsOf(id).size())) {
      return false;
    }
  }
  return true;
}

std::string RemoveHeifMetadata(std::string_view bytes) {
  const std::optional<Layout> layout = ReadLayout(bytes);
  std::string out(bytes);
  if (!layout) return out;
  const HeifItems& items = layout->items;
  const std::set<uint32_t> needed = items.FindNeeded();
  std::vector<ByteRange> data;
  for (const uint32_t id : needed) {
    const std::vector<ByteRange>& of_item = items.Find(id)->data;
    data.insert(data.end(), of_item.begin(), of_item.end());
  }
  std::sort(data.begin(), data.end(),
            [](const ByteRange& a, const ByteRange& b) { return a.begin < b.begin; });
  Eraser eraser(out);
  EraseEntries(bytes, items, needed, eraser);
  EraseProperties(items, needed, eraser);
  EraseMeta(items, data, eraser);
  size_t end = 0;
  for (const HeifBox& box : layout->boxes) {
    const bool holds_data = box.type == "mdat";
    if (holds_data) eraser.ZeroBetween(box, data);
    if (holds_data || box.type == "ftyp" || box.type == "meta") {
      end = box.end;
    } else {
      eraser.Empty(box);
    }
  }
  out.resize(end);
  return out;
}

}  // namespace atelier
