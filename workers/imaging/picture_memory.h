// PictureMemory: how much memory the pictures of all calls may take at once. A file of some hundred
// kilobytes may be a picture of some hundred megabytes: what decoding it takes is counted from its
// header, before anything is decoded. Thread-safe.
//
// Large pictures take turns at three quarters of the memory, in the order in which they came; small
// ones have a quarter to themselves, so that they do not wait behind any number of large ones.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>

namespace atelier::imaging {

/// Bytes that it takes at most to decode a picture file and to answer with pictures of its size; 0
/// for bytes that no decoder takes.
int64_t MemoryToRead(std::string_view bytes);

class PictureMemory {
 private:
  struct Lane;

 public:
  /// REQUIRES: `bytes` > 0.
  explicit PictureMemory(int64_t bytes);

  /// Memory that is taken until this goes.
  class Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept { *this = std::move(other); }
    Share& operator=(Share&& other) noexcept;
    ~Share() { Release(); }

   private:
    friend class PictureMemory;
    Share(PictureMemory& memory, Lane& lane, int64_t bytes)
        : memory_(&memory), lane_(&lane), bytes_(bytes) {}
    void Release();

    PictureMemory* memory_ = nullptr;
    Lane* lane_ = nullptr;
    int64_t bytes_ = 0;
  };

  /// Waits until there is room; more than there ever is gets all of it, alone. Nothing when
  /// `keep_waiting`, which is called some fifty times a second, returned false. Whoever holds a
  /// share must not take another, or two would wait for each other.
  std::optional<Share> Take(int64_t bytes, const std::function<bool()>& keep_waiting);

  /// What is taken now.
  int64_t taken_bytes() const;

 private:
  struct Lane {
    int64_t size = 0;
    int64_t taken = 0;             // GUARDED_BY(mutex_)
    std::deque<uint64_t> waiting;  // tickets; GUARDED_BY(mutex_)
  };

  Lane& LaneOf(int64_t bytes) { return bytes <= small_.size ? small_ : large_; }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Lane small_, large_;
  uint64_t next_ticket_ = 0;  // GUARDED_BY(mutex_)
};

}  // namespace atelier::imaging
