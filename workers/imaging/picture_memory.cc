#include "imaging/picture_memory.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "picture/picture_header.h"
#include "system/free_memory.h"

namespace atelier::imaging {
namespace {

/// A PNG of 16 bits and four channels is decoded to 8 bytes a pixel, cut to 4 and laid on white in
/// 3. Answers of a picture's size (IUV, skeleton, masks, and each once more as it is encoded) are
/// made when those are gone and take less.
constexpr int64_t kBytesPerPixel = 16;
/// From here on it is worth giving back what the allocator keeps of a picture's buffers.
constexpr int64_t kLargeBytes = 64 << 20;
constexpr std::chrono::milliseconds kPollInterval{20};

}  // namespace

int64_t MemoryToRead(std::string_view bytes) {
  const auto header = ReadPictureHeader(bytes, "", static_cast<int64_t>(bytes.size()));
  if (!header) return 0;
  return int64_t{header->height} * header->width * kBytesPerPixel;
}

PictureMemory::PictureMemory(int64_t bytes) {
  small_.size = std::max<int64_t>(1, bytes / 4);
  large_.size = std::max<int64_t>(1, bytes - small_.size);
}

PictureMemory::Share& PictureMemory::Share::operator=(Share&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(lane_, other.lane_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

void PictureMemory::Share::Release() {
  if (memory_ == nullptr) return;
  // Before the next one takes its own.
  if (bytes_ >= kLargeBytes) GiveBackFreeMemory();
  const std::lock_guard lock(memory_->mutex_);
  lane_->taken -= bytes_;
  memory_->changed_.notify_all();
  memory_ = nullptr;
}

std::optional<PictureMemory::Share> PictureMemory::Take(int64_t bytes,
                                                        const std::function<bool()>& keep_waiting) {
  if (bytes <= 0) return Share();
  Lane& lane = LaneOf(bytes);
  std::unique_lock lock(mutex_);
  const uint64_t ticket = next_ticket_++;
  lane.waiting.push_back(ticket);
  const auto has_room = [&] {
    if (lane.waiting.front() != ticket) return false;
    return lane.taken == 0 || lane.taken + bytes <= lane.size;
  };
  bool go_on = true;
  while (go_on && !changed_.wait_for(lock, kPollInterval, has_room)) {
    lock.unlock();
    go_on = keep_waiting();
    lock.lock();
  }
  lane.waiting.erase(std::find(lane.waiting.begin(), lane.waiting.end(), ticket));
  // Whoever is first now may have room.
  changed_.notify_all();
  if (!go_on) return std::nullopt;
  lane.taken += bytes;
  return Share(*this, lane, bytes);
}

int64_t PictureMemory::taken_bytes() const {
  const std::lock_guard lock(mutex_);
  return small_.taken + large_.taken;
}

}  // namespace atelier::imaging
