#include "picture/files/heif_items.h"

#include <algorithm>

namespace atelier {
namespace {

/// Far more than the lists of any picture take.
constexpr size_t kMostMetaBytes = 4 << 20;
constexpr size_t kMostItems = 4096;

/// The width of an item's number by the box's version.
int IdBytes(bool large) { return large ? 4 : 2; }

bool ReadPrimary(std::string_view bytes, const HeifBox& box, HeifItems& file) {
  FieldReader fields(bytes, box);
  const int version = fields.ReadVersion();
  file.primary = static_cast<uint32_t>(fields.Read(IdBytes(version != 0)));
  return fields.ok();
}

bool ReadEntries(std::string_view bytes, const HeifBox& box, HeifItems& file) {
  FieldReader fields(bytes, box);
  const int count_bytes = fields.ReadVersion() == 0 ? 2 : 4;
  fields.Read(count_bytes);
  if (!fields.ok()) return false;
  const auto entries = ReadHeifBoxes(bytes, box.end - fields.left(), box.end);
  if (!entries) return false;
  for (const HeifBox& entry : *entries) {
    FieldReader of_entry(bytes, entry);
    const int version = of_entry.ReadVersion();
    // Older ones name no type.
    if (entry.type != "infe" || (version != 2 && version != 3)) return false;
    const auto id = static_cast<uint32_t>(of_entry.Read(IdBytes(version == 3)));
    of_entry.Read(2);
    const std::string_view type = of_entry.Take(4);
    if (!of_entry.ok()) return false;
    HeifItem& item = file.items[id];
    if (!item.type.empty()) return false;  // Two of one number.
    item.type = type;
    item.entry = entry;
  }
  return true;
}

bool ReadProperties(std::string_view bytes, const HeifBox& box, HeifItems& file) {
  auto boxes = ReadHeifBoxes(bytes, box.body, box.end);
  if (!boxes || !file.properties.empty()) return false;
  file.properties = *std::move(boxes);
  return true;
}

bool ReadAssociations(std::string_view bytes, const HeifBox& box, HeifItems& file) {
  FieldReader fields(bytes, box);
  const int version = fields.ReadVersion();
  const bool wide = (fields.flags() & 1) != 0;
  const uint64_t count = fields.Read(4);
  for (uint64_t i = 0; i < count && fields.ok(); ++i) {
    const auto id = static_cast<uint32_t>(fields.Read(IdBytes(version != 0)));
    const auto item = file.items.find(id);
    for (uint64_t left = fields.Read(1); left > 0 && fields.ok(); --left) {
      const uint64_t value = fields.Read(wide ? 2 : 1);
      const uint64_t essential = wide ? 0x8000 : 0x80;
      const size_t number = static_cast<size_t>(value & (essential - 1));
      if (number == 0 || item == file.items.end()) continue;
      if (number > file.properties.size()) return false;
      item->second.properties.push_back({number - 1, (value & essential) != 0});
    }
  }
  return fields.ok();
}

bool ReadItemProperties(std::string_view bytes, const HeifBox& box, HeifItems& file) {
  const auto boxes = ReadHeifBoxes(bytes, box.body, box.end);
  if (!boxes) return false;
  for (const HeifBox& inner : *boxes) {
    if (inner.type == "ipco" && !ReadProperties(bytes, inner, file)) return false;
  }
  for (const HeifBox& inner : *boxes) {
    if (inner.type == "ipma" && !ReadAssociations(bytes, inner, file)) return false;
  }
  return true;
}

bool ReadReferences(std::string_view bytes, const HeifBox& box, HeifItems& file) {
  FieldReader fields(bytes, box);
  const int id_bytes = IdBytes(fields.ReadVersion() != 0);
  if (!fields.ok()) return false;
  const auto boxes = ReadHeifBoxes(bytes, box.end - fields.left(), box.end);
  if (!boxes) return false;
  for (const HeifBox& inner : *boxes) {
    FieldReader of_reference(bytes, inner);
    HeifReference reference{inner.type, static_cast<uint32_t>(of_reference.Read(id_bytes)), {}};
    for (uint64_t left = of_reference.Read(2); left > 0 && of_reference.ok(); --left) {
      reference.to.push_back(static_cast<uint32_t>(of_reference.Read(id_bytes)));
    }
    if (!of_reference.ok()) return false;
    file.references.push_back(std::move(reference));
  }
  return true;
}

/// Adds a place of an item's data, `offset` bytes into the file or, with `in_meta`, into the data
/// box of `meta`.
bool AddPlace(uint64_t offset, uint64_t length, bool in_meta, const HeifItems& file,
              HeifItem& item) {
  constexpr uint64_t kFar = uint64_t{1} << 40;
  if (offset > kFar || length > kFar || length == 0) return false;
  if (in_meta) {
    if (!file.data_box) return false;
    offset += file.data_box->body;
    if (offset + length > file.data_box->end) return false;
  }
  item.data.push_back({static_cast<size_t>(offset), static_cast<size_t>(offset + length)});
  return true;
}

bool ReadLocations(std::string_view bytes, const HeifBox& box, HeifItems& file) {
  FieldReader fields(bytes, box);
  const int version = fields.ReadVersion();
  const uint64_t sizes = fields.Read(2);
  const int offset_bytes = static_cast<int>(sizes >> 12);
  const int length_bytes = static_cast<int>(sizes >> 8 & 15);
  const int base_bytes = static_cast<int>(sizes >> 4 & 15);
  const int index_bytes = version == 0 ? 0 : static_cast<int>(sizes & 15);
  // Without a length, a place would be the rest of the file.
  if (version > 2 || length_bytes == 0) return false;
  if (std::max({offset_bytes, length_bytes, base_bytes, index_bytes}) > 8) return false;
  const uint64_t count = fields.Read(version == 2 ? 4 : 2);
  for (uint64_t i = 0; i < count && fields.ok(); ++i) {
    const auto id = static_cast<uint32_t>(fields.Read(IdBytes(version == 2)));
    // 0: in the file. 1: in meta's data box. 2: in another item, which no camera writes.
    const uint64_t method = version == 0 ? 0 : fields.Read(2) & 15;
    const uint64_t in_other_file = fields.Read(2);
    const uint64_t base = fields.Read(base_bytes);
    const auto found = file.items.find(id);
    HeifItem unknown;
    HeifItem& item = found == file.items.end() ? unknown : found->second;
    item.located = item.data.empty() && method <= 1 && in_other_file == 0;
    for (uint64_t left = fields.Read(2); left > 0 && fields.ok(); --left) {
      fields.Read(index_bytes);
      const uint64_t offset = fields.Read(offset_bytes);
      const uint64_t length = fields.Read(length_bytes);
      const bool far = base > UINT64_MAX / 2 || offset > UINT64_MAX / 2;
      item.located =
          item.located && !far && AddPlace(base + offset, length, method == 1, file, item);
    }
  }
  return fields.ok();
}

const HeifBox* FindBox(const std::vector<HeifBox>& boxes, std::string_view type) {
  const auto found = std::find_if(boxes.begin(), boxes.end(),
                                  [&](const HeifBox& box) { return box.type == type; });
  return found == boxes.end() ? nullptr : &*found;
}

bool ReadMeta(std::string_view bytes, HeifItems& file) {
  FieldReader fields(bytes, file.meta);
  fields.ReadVersion();
  if (!fields.ok()) return false;
  auto boxes = ReadHeifBoxes(bytes, file.meta.end - fields.left(), file.meta.end);
  if (!boxes) return false;
  file.meta_boxes = *std::move(boxes);
  const auto read = [&](std::string_view type, auto reader) {
    const HeifBox* const box = FindBox(file.meta_boxes, type);
    return box != nullptr && reader(bytes, *box, file);
  };
  if (!read("pitm", ReadPrimary) || !read("iinf", ReadEntries)) return false;
  if (file.items.size() > kMostItems || !read("iprp", ReadItemProperties)) return false;
  // The reference box is missing where there are none.
  if (FindBox(file.meta_boxes, "iref") != nullptr && !read("iref", ReadReferences)) return false;
  if (const HeifBox* const data = FindBox(file.meta_boxes, "idat")) file.data_box = *data;
  return read("iloc", ReadLocations);
}

bool IsTransparency(std::string_view bytes, const HeifBox& property) {
  constexpr std::string_view kTypes[] = {"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
                                         "urn:mpeg:hevc:2015:auxid:1"};
  FieldReader fields(bytes, property);
  fields.ReadVersion();
  const std::string_view text = fields.Take(fields.left());
  const std::string_view type = text.substr(0, text.find('\0'));
  return std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

}  // namespace

const HeifItem* HeifItems::Find(uint32_t id) const {
  const auto found = items.find(id);
  return found == items.end() ? nullptr : &found->second;
}

const HeifBox* HeifItems::FindProperty(const HeifItem& item, std::string_view type) const {
  for (const HeifProperty& property : item.properties) {
    if (properties[property.index].type == type) return &properties[property.index];
  }
  return nullptr;
}

std::vector<uint32_t> HeifItems::PartsOf(uint32_t id) const {
  for (const HeifReference& reference : references) {
    if (reference.type == "dimg" && reference.from == id) return reference.to;
  }
  return {};
}

std::set<uint32_t> HeifItems::FindNeeded() const {
  std::set<uint32_t> needed = {primary};
  needed.insert(transparency.begin(), transparency.end());
  const std::set<uint32_t> whole = needed;
  for (const uint32_t id : whole) {
    const std::vector<uint32_t> parts = PartsOf(id);
    needed.insert(parts.begin(), parts.end());
  }
  return needed;
}

std::optional<HeifItems> ReadHeifItems(std::string_view bytes) {
  for (size_t at = 0; at < bytes.size();) {
    const std::optional<HeifBox> box = ReadHeifBox(bytes, at, bytes.size());
    if (!box) return std::nullopt;
    at = box->end;
    if (box->type != "meta") continue;
    HeifItems file;
    file.meta = *box;
    if (box->end - box->body > kMostMetaBytes || !ReadMeta(bytes, file)) return std::nullopt;
    for (const HeifReference& reference : file.references) {
      const HeifItem* const item = file.Find(reference.from);
      const HeifBox* const kind = item ? file.FindProperty(*item, "auxC") : nullptr;
      // Decoders refuse what belongs to several pictures at once.
      const bool belongs =
          reference.type == "auxl" && reference.to.size() == 1 && reference.to[0] == file.primary;
      if (belongs && kind != nullptr && IsTransparency(bytes, *kind)) {
        file.transparency.insert(reference.from);
      }
    }
    return file;
  }
  return std::nullopt;
}

}  // namespace atelier
