#include "picture/files/jpeg_file.h"

#include <cstdint>

#include "picture/files/byte_order.h"
#include "picture/files/exif_orientation.h"

namespace atelier {
namespace {

constexpr std::string_view kMagic("\xff\xd8\xff", 3);
constexpr std::string_view kExifMark("Exif\0\0", 6);
constexpr std::string_view kJfifMark("JFIF\0", 5);
constexpr std::string_view kProfileMark("ICC_PROFILE\0", 12);
constexpr std::string_view kAdobeMark("Adobe", 5);
/// Of their payloads, what decoders read: JFIF's version and resolution, Adobe's colour transform.
constexpr size_t kJfifBytes = 14;
constexpr size_t kAdobeBytes = 12;

constexpr uint8_t kApp0 = 0xe0;
constexpr uint8_t kApp1 = 0xe1;
constexpr uint8_t kApp2 = 0xe2;
constexpr uint8_t kApp14 = 0xee;
constexpr uint8_t kApp15 = 0xef;
constexpr uint8_t kComment = 0xfe;
constexpr uint8_t kStartOfScan = 0xda;
constexpr uint8_t kEndOfImage = 0xd9;

/// From the marker's 0xff to behind the payload.
struct Segment {
  uint8_t marker = 0;
  size_t begin = 0;
  size_t end = 0;
  std::string_view payload;
};

// Start-of-frame markers are FFC0..FFCF but for DHT (C4), JPG (C8) and DAC (CC).
bool IsStartOfFrame(uint8_t marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

// 0 (an 0xff of entropy-coded data), TEM and RSTn.
bool HasNoPayload(uint8_t marker) { return marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd7); }

/// The next segment from `at` on, or the end of the image. Nothing when the file ends before.
std::optional<Segment> NextSegment(std::string_view bytes, size_t at) {
  while ((at = bytes.find('\xff', at)) != std::string_view::npos && at + 1 < bytes.size()) {
    const auto marker = static_cast<uint8_t>(bytes[at + 1]);
    if (marker == kEndOfImage) return Segment{marker, at, at + 2, {}};
    if (marker == 0xff) {  // A fill byte.
      ++at;
    } else if (HasNoPayload(marker)) {
      at += 2;
    } else {
      if (at + 4 > bytes.size()) return std::nullopt;
      const size_t length = BigEndian(bytes, at + 2, 2);
      if (length < 2 || length > bytes.size() - at - 2) return std::nullopt;
      return Segment{marker, at, at + 2 + length, bytes.substr(at + 4, length - 2)};
    }
  }
  return std::nullopt;
}

bool IsExif(const Segment& segment) {
  return segment.marker == kApp1 && segment.payload.starts_with(kExifMark);
}

void AppendSegment(uint8_t marker, std::string_view payload, std::string& out) {
  out += '\xff';
  out += static_cast<char>(marker);
  AppendBigEndian(payload.size() + 2, 2, out);
  out += payload;
}

/// What stays of an application segment or a comment.
void AppendCleaned(const Segment& segment, std::string& out) {
  const std::string_view payload = segment.payload;
  if (IsExif(segment)) {
    const int orientation = ReadExifOrientation(payload);
    if (orientation == kUprightOrientation) return;
    AppendSegment(kApp1, std::string(kExifMark) + MakeExifOrientation(orientation), out);
  } else if (segment.marker == kApp0 && payload.starts_with(kJfifMark) &&
             payload.size() >= kJfifBytes) {
    std::string jfif(payload.substr(0, kJfifBytes));
    jfif[12] = jfif[13] = '\0';  // The sides of its thumbnail.
    AppendSegment(kApp0, jfif, out);
  } else if (segment.marker == kApp2 && payload.starts_with(kProfileMark)) {
    AppendSegment(kApp2, payload, out);
  } else if (segment.marker == kApp14 && payload.starts_with(kAdobeMark) &&
             payload.size() >= kAdobeBytes) {
    AppendSegment(kApp14, payload.substr(0, kAdobeBytes), out);
  }
}

}  // namespace

bool IsJpeg(std::string_view bytes) { return bytes.starts_with(kMagic); }

std::optional<StatedSize> ReadJpegSize(std::string_view bytes) {
  std::optional<StatedSize> size;
  int orientation = kUprightOrientation;
  bool has_exif = false;
  for (size_t at = 2; at < bytes.size();) {
    // Up to the frame header, segments follow each other without anything between them.
    if (!size && bytes[at] != '\xff') return std::nullopt;
    const std::optional<Segment> segment = NextSegment(bytes, at);
    if (!segment || segment->marker == kStartOfScan || segment->marker == kEndOfImage) break;
    if (IsStartOfFrame(segment->marker) && !size) {
      if (segment->payload.size() < 5) return std::nullopt;
      size = StatedSize{static_cast<int64_t>(BigEndian(segment->payload, 1, 2)),
                        static_cast<int64_t>(BigEndian(segment->payload, 3, 2))};
    } else if (IsExif(*segment) && !has_exif) {
      orientation = ReadExifOrientation(segment->payload);
      has_exif = true;
    }
    at = segment->end;
  }
  if (size) size->orientation = orientation;
  return size;
}

bool IsWholeJpeg(std::string_view bytes) {
  std::optional<Segment> segment = NextSegment(bytes, 2);
  while (segment && segment->marker != kEndOfImage) segment = NextSegment(bytes, segment->end);
  return segment.has_value();
}

std::string RemoveJpegMetadata(std::string_view bytes) {
  std::string out(bytes.substr(0, 2));
  bool in_scans = false;
  bool has_exif = false;
  size_t copied = 2;
  for (auto segment = NextSegment(bytes, copied); segment;
       segment = NextSegment(bytes, segment->end)) {
    // Before the first scan decoders skip whatever stands between segments.
    if (in_scans) out += bytes.substr(copied, segment->begin - copied);
    copied = segment->end;
    const uint8_t marker = segment->marker;
    if ((marker >= kApp0 && marker <= kApp15) || marker == kComment) {
      if (!IsExif(*segment) || !has_exif) AppendCleaned(*segment, out);
      has_exif = has_exif || IsExif(*segment);
    } else {
      out += bytes.substr(segment->begin, segment->end - segment->begin);
    }
    in_scans = in_scans || marker == kStartOfScan;
    if (marker == kEndOfImage) break;
  }
  return out;
}

}  // namespace atelier
