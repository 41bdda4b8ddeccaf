#include "generation/conditions/conditions_cache.h"

namespace atelier::generation {

size_t Conditions::bytes() const {
  return picture.data.size() + iuv.data.size() + keypoint_picture.data.size() +
         texture.data.size() + texture_validity.data.size() + fine_picture.data.size() +
         seen_colours.colours.size() * sizeof(people::SeenColours::Colour) +
         face_embedding.size() * sizeof(float) + (carry_source ? carry_source->bytes() : 0) +
         subject_bytes;
}

std::shared_ptr<const Conditions> ConditionsCache::Find(const std::string& key) {
  std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    metrics_.condition_misses.Increment();
    return nullptr;
  }
  metrics_.condition_hits.Increment();
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->conditions;
}

void ConditionsCache::Insert(const std::string& key, std::shared_ptr<const Conditions> conditions) {
  const size_t bytes = conditions->bytes();
  std::lock_guard lock(mutex_);
  if (const auto old = by_key_.find(key); old != by_key_.end()) Erase(old->second);
  if (bytes > max_bytes_) return;
  while (bytes_ + bytes > max_bytes_) Erase(std::prev(entries_.end()));
  entries_.push_front({key, std::move(conditions)});
  by_key_[key] = entries_.begin();
  SetBytes(bytes_ + bytes);
}

size_t ConditionsCache::bytes() const {
  std::lock_guard lock(mutex_);
  return bytes_;
}

void ConditionsCache::Erase(Entries::iterator entry) {
  SetBytes(bytes_ - entry->conditions->bytes());
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

void ConditionsCache::SetBytes(size_t bytes) {
  bytes_ = bytes;
  metrics_.condition_bytes.Set(static_cast<double>(bytes));
}

}  // namespace atelier::generation
