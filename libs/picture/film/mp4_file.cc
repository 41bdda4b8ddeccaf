#include "picture/film/mp4_file.h"

#include <algorithm>
#include <array>
#include <vector>

#include "picture/files/heif_boxes.h"

namespace atelier {
namespace {

/// The boxes from `begin` on, as far as they are whole.
std::vector<HeifBox> BoxesIn(std::string_view bytes, size_t begin, size_t end) {
  constexpr size_t kMostBoxes = 4096;
  std::vector<HeifBox> boxes;
  while (begin < end && boxes.size() < kMostBoxes) {
    const std::optional<HeifBox> box = ReadHeifBox(bytes, begin, end);
    if (!box || box->end <= begin) break;
    boxes.push_back(*box);
    begin = box->end;
  }
  return boxes;
}

std::optional<HeifBox> Find(const std::vector<HeifBox>& boxes, std::string_view type) {
  const auto found = std::find_if(boxes.begin(), boxes.end(),
                                  [&](const HeifBox& box) { return box.type == type; });
  return found == boxes.end() ? std::nullopt : std::optional<HeifBox>(*found);
}

std::optional<HeifBox> FindIn(std::string_view bytes, const std::optional<HeifBox>& parent,
                              std::string_view type) {
  if (!parent) return std::nullopt;
  return Find(BoxesIn(bytes, parent->body, parent->end), type);
}

/// Seconds that a `mvhd` or `mdhd` tells.
double SecondsOf(std::string_view bytes, const HeifBox& box) {
  FieldReader fields(bytes, box);
  const int time_bytes = fields.ReadVersion() == 1 ? 8 : 4;
  fields.Take(static_cast<size_t>(2 * time_bytes));
  const auto scale = static_cast<double>(fields.Read(4));
  const uint64_t duration = fields.Read(time_bytes);
  // All ones: not known.
  const uint64_t unknown = time_bytes == 8 ? ~uint64_t{0} : 0xffffffff;
  if (!fields.ok() || scale <= 0 || duration == unknown) return 0;
  return static_cast<double>(duration) / scale;
}

/// Adds what a track of pictures tells to `header`; false for any other track.
bool AddTrack(std::string_view bytes, const HeifBox& track, FilmHeader& header) {
  const std::optional<HeifBox> media = FindIn(bytes, track, "mdia");
  const std::optional<HeifBox> handler = FindIn(bytes, media, "hdlr");
  if (!handler) return false;
  FieldReader handler_fields(bytes, *handler);
  handler_fields.Take(8);
  if (handler_fields.Take(4) != "vide") return false;
  if (const auto times = FindIn(bytes, media, "mdhd")) {
    header.seconds = std::max(header.seconds, SecondsOf(bytes, *times));
  }
  const auto table = FindIn(bytes, FindIn(bytes, media, "minf"), "stbl");
  if (const auto sizes = FindIn(bytes, table, "stsz")) {
    FieldReader fields(bytes, *sizes);
    fields.Take(8);
    header.frames = static_cast<int64_t>(fields.Read(4));
  }
  if (const auto entries = FindIn(bytes, table, "stsd")) {
    const auto entry = ReadHeifBox(bytes, std::min(entries->body + 8, entries->end), entries->end);
    if (entry) {
      FieldReader fields(bytes, *entry);
      fields.Take(24);
      header.width = static_cast<int>(fields.Read(2));
      header.height = static_cast<int>(fields.Read(2));
    }
  }
  return true;
}

}  // namespace

bool IsMp4(std::string_view bytes) {
  constexpr std::array<std::string_view, 14> kBrands = {"isom", "iso2", "iso4", "iso5", "iso6",
                                                        "mp41", "mp42", "avc1", "qt  ", "M4V ",
                                                        "MSNV", "dash", "3gp4", "3gp5"};
  if (bytes.size() < 12 || bytes.substr(4, 4) != "ftyp") return false;
  return std::find(kBrands.begin(), kBrands.end(), bytes.substr(8, 4)) != kBrands.end();
}

std::optional<FilmHeader> ReadMp4Header(std::string_view bytes) {
  const std::optional<HeifBox> film = Find(BoxesIn(bytes, 0, bytes.size()), "moov");
  if (!film) return std::nullopt;
  FilmHeader header;
  header.container = FilmContainer::kMp4;
  bool has_pictures = false;
  for (const HeifBox& box : BoxesIn(bytes, film->body, film->end)) {
    if (box.type == "mvhd") header.seconds = std::max(header.seconds, SecondsOf(bytes, box));
    if (box.type == "trak" && !has_pictures) has_pictures = AddTrack(bytes, box, header);
  }
  // Films in fragments count their frames elsewhere.
  if (FindIn(bytes, film, "mvex")) header.frames.reset();
  return has_pictures ? std::optional<FilmHeader>(header) : std::nullopt;
}

std::string RemoveMp4Metadata(std::string_view bytes) {
  std::string cleaned(bytes);
  const auto blank = [&](const HeifBox& box) {
    if (box.type != "udta" && box.type != "meta") return;
    cleaned.replace(box.begin + 4, 4, "free");
    std::fill(cleaned.begin() + static_cast<ptrdiff_t>(box.body),
              cleaned.begin() + static_cast<ptrdiff_t>(box.end), '\0');
  };
  for (const HeifBox& box : BoxesIn(bytes, 0, bytes.size())) {
    blank(box);
    if (box.type != "moov") continue;
    for (const HeifBox& part : BoxesIn(bytes, box.body, box.end)) {
      blank(part);
      if (part.type != "trak") continue;
      for (const HeifBox& of_track : BoxesIn(bytes, part.body, part.end)) blank(of_track);
    }
  }
  return cleaned;
}

}  // namespace atelier
