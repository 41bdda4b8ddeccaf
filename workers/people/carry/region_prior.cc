// The file: little endian, no padding. Header of four uint32 (magic, vertices of the skin, labels
// P, 0), then u8 [H, P - 1] on the body and u8 [H, P - 1] beside it, where H is the number of the
// skin's vertices whose x is not negative, and of others in the middle: left and right are alike.
// 255 = always; what is missing from 255 is the last label's.
#include "people/carry/region_prior.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "people/carry/skin_places.h"

namespace atelier::people {
namespace {

constexpr uint32_t kMagic = 0x31525052;  // "RPR1"
using Header = std::array<uint32_t, 4>;
constexpr size_t kStored = kPriorLabelCount - 1;
/// No label is impossible anywhere: bytes round small shares to 0.
constexpr float kLeastShare = 1e-3f;

Unexpected Invalid(const char* what) {
  return MakeError(Code::kDataLoss, "PRIOR_FILE_INVALID",
                   std::string("the file of the regions' prior is damaged: ") + what);
}

/// Places of the vertices that are stored: those whose twins cannot stand in for them.
std::vector<size_t> StoredPlaces(const Body& body, const std::vector<int>& twins) {
  std::vector<size_t> places;
  const std::vector<int>& skin = body.skin_vertices();
  const auto x_of = [&](size_t place) { return body.canonical(skin[place]).x; };
  for (size_t i = 0; i < skin.size(); ++i) {
    if (x_of(i) >= 0 || x_of(static_cast<size_t>(twins[i])) < 0) places.push_back(i);
  }
  return places;
}

Header HeaderOf(const Body& body) {
  return {kMagic, static_cast<uint32_t>(body.skin_vertices().size()),
          static_cast<uint32_t>(kPriorLabelCount), 0};
}

void Append(const std::vector<RegionPrior::Shares>& shares, const std::vector<size_t>& places,
            std::vector<uint8_t>& bytes) {
  for (const size_t place : places) {
    for (size_t label = 0; label < kStored; ++label) {
      bytes.push_back(static_cast<uint8_t>(std::lround(shares[place][label] * 255)));
    }
  }
}

RegionPrior::Shares SharesOf(const uint8_t* bytes) {
  RegionPrior::Shares shares{};
  float left = 1;
  for (size_t label = 0; label < kStored; ++label) {
    shares[label] = static_cast<float>(bytes[label]) / 255;
    left -= shares[label];
  }
  shares[kStored] = left;
  float sum = 0;
  for (float& share : shares) sum += share = std::max(share, kLeastShare);
  for (float& share : shares) share /= sum;
  return shares;
}

std::vector<RegionPrior::Shares> Unpack(const std::vector<size_t>& places,
                                        const std::vector<int>& twins, const uint8_t* bytes) {
  std::vector<RegionPrior::Shares> out(twins.size());
  std::vector<bool> stored(out.size(), false);
  for (size_t i = 0; i < places.size(); ++i) {
    out[places[i]] = SharesOf(bytes + i * kStored);
    stored[places[i]] = true;
  }
  for (size_t i = 0; i < out.size(); ++i) {
    if (!stored[i]) out[i] = out[static_cast<size_t>(twins[i])];
  }
  return out;
}

}  // namespace

std::vector<uint8_t> EncodeRegionPrior(const Body& body, const RegionPrior& prior) {
  const Header header = HeaderOf(body);
  std::vector<uint8_t> bytes(sizeof header);
  std::memcpy(bytes.data(), header.data(), sizeof header);
  const std::vector<int> twins = MirrorTwins(body);
  const std::vector<size_t> places = StoredPlaces(body, twins);
  Append(prior.on_body, places, bytes);
  Append(prior.beside_body, places, bytes);
  return bytes;
}

Result<RegionPrior> ParseRegionPrior(const Body& body, std::span<const uint8_t> bytes) {
  Header header{};
  if (bytes.size() < sizeof header) return Invalid("it is too short");
  std::memcpy(header.data(), bytes.data(), sizeof header);
  if (header[0] != kMagic) return Invalid("it does not begin as one");
  if (header != HeaderOf(body)) return Invalid("it was made for another body");
  const std::vector<int> twins = MirrorTwins(body);
  const std::vector<size_t> places = StoredPlaces(body, twins);
  const size_t table = places.size() * kStored;
  if (bytes.size() != sizeof header + 2 * table) return Invalid("it is not whole");
  const uint8_t* data = bytes.data() + sizeof header;
  for (size_t i = 0; i < 2 * places.size(); ++i) {
    int sum = 0;
    for (size_t label = 0; label < kStored; ++label) sum += data[i * kStored + label];
    // Each of the four was rounded.
    if (sum > 255 + 2) return Invalid("its shares are more than all");
  }
  return RegionPrior{Unpack(places, twins, data), Unpack(places, twins, data + table)};
}

}  // namespace atelier::people
