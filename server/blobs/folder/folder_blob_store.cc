#include "server/blobs/folder/folder_blob_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/hex.h"
#include "base/ids.h"
#include "system/atomic_file.h"
#include "system/file_descriptor.h"

namespace atelier::server {
namespace {

namespace fs = std::filesystem;

Unexpected FileError(const std::string& what, const fs::path& path, int number) {
  const std::string message = what + " " + path.string() + ": " + std::strerror(number);
  if (number == ENOSPC || number == EDQUOT) {
    return MakeError(Code::kResourceExhausted, "STORAGE_FULL", message);
  }
  return MakeError(Code::kInternal, "STORAGE_FAILED", message);
}

// How long a use is remembered in memory too: longer than any jump of the wall clock that is to do
// no harm.
constexpr std::chrono::hours kRemembered(2);
// Uses that follow one another this fast are written into the file once.
constexpr std::chrono::minutes kTouchInterval(1);

timespec ToTimespec(Clock::Wall time) {
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch());
  return {static_cast<time_t>(since.count() / 1'000'000'000), since.count() % 1'000'000'000};
}

Clock::Wall ToWall(const timespec& time) {
  return Clock::Wall(std::chrono::duration_cast<Clock::Wall::duration>(
      std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec)));
}

int64_t Nanoseconds(const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

// REQUIRES: 64 lower-case hex digits.
std::array<uint8_t, 32> ToBytes(std::string_view digest) {
  std::array<uint8_t, 32> bytes;
  FromHex(digest, bytes);
  return bytes;
}

bool IsDigest(std::string_view name) { return DigestOfAsset(AssetName(name)).has_value(); }

// The time of last use is ours to set; the kernel grants that to the file's owner alone.
int OpenToRead(const fs::path& path) {
  const int file = open(path.c_str(), O_RDONLY | O_NOATIME | O_CLOEXEC);
  if (file >= 0 || errno != EPERM) return file;
  return open(path.c_str(), O_RDONLY | O_CLOEXEC);
}

// Sets the times of last use and of first storing as well.
Status WriteAndSync(AtomicFile& file, std::string_view bytes, Clock::Wall now,
                    const fs::path& path) {
  if (file.error() != 0) return FileError("cannot make", path, file.error());
  if (file.Write(bytes) != 0) return FileError("cannot write", path, file.error());
  const timespec times[2] = {ToTimespec(now), ToTimespec(now)};
  if (futimens(file.descriptor(), times) != 0) return FileError("cannot date", path, errno);
  if (file.Sync() != 0) return FileError("cannot sync", path, file.error());
  return {};
}

// A rename is durable once its folder is synced.
Status SyncFolder(const fs::path& path) {
  const int cause = SyncPath(path);
  if (cause != 0) return FileError("cannot sync", path, cause);
  return {};
}

// ROOT/00 to ROOT/ff, on disk when this returns.
Status MakeTopFolders(const fs::path& root) {
  for (int top = 0; top < 256; ++top) {
    const fs::path folder = root / ToHex(std::array{static_cast<uint8_t>(top)});
    std::error_code error;
    fs::create_directory(folder, error);
    if (error) return FileError("cannot make", folder, error.value());
  }
  return SyncFolder(root);
}

}  // namespace

Result<std::unique_ptr<FolderBlobStore>> FolderBlobStore::Open(const fs::path& root,
                                                               Options options,
                                                               const Clock& clock) {
  std::error_code error;
  fs::remove_all(root / "tmp", error);
  if (!error) fs::create_directories(root / "tmp", error);
  if (error) return FileError("cannot make", root / "tmp", error.value());
  ATELIER_RETURN_IF_ERROR(MakeTopFolders(root));
  std::unique_ptr<FolderBlobStore> store(new FolderBlobStore(root, options, clock));
  const MutexLock lock(store->mutex_);
  fs::recursive_directory_iterator entry(root, error);
  for (; !error && entry != fs::end(entry); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!IsDigest(name)) continue;
    store->bytes_ += static_cast<int64_t>(entry->file_size(error));
    store->AddPlace(name);
  }
  if (error) return FileError("cannot read", root, error.value());
  return store;
}

fs::path FolderBlobStore::PathOf(std::string_view digest) const {
  return root_ / digest.substr(0, 2) / digest.substr(2, 2) / digest;
}

Status FolderBlobStore::MakeFolders(std::string_view digest) {
  const std::array<uint8_t, 32> bytes = ToBytes(digest);
  const size_t leaf = static_cast<size_t>(bytes[0]) << 8 | bytes[1];
  {
    const MutexLock lock(mutex_);
    if (synced_leaves_.test(leaf)) return {};
  }
  const fs::path folder = PathOf(digest).parent_path();
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return FileError("cannot make", folder, error.value());
  ATELIER_RETURN_IF_ERROR(SyncFolder(folder.parent_path()));
  const MutexLock lock(mutex_);
  synced_leaves_.set(leaf);
  return {};
}

bool FolderBlobStore::MarkUsed(const std::string& digest) {
  const fs::path path = PathOf(digest);
  std::error_code error;
  if (!fs::exists(path, error)) return false;
  const Clock::Monotonic now = clock_.NowMonotonic();
  const auto [use, first] = used_.try_emplace(digest, Use{now, true});
  use->second.number = ++last_use_;
  const bool fresh = !first && now - use->second.time < kTouchInterval;
  if (fresh) return true;
  use->second.time = now;
  const timespec times[2] = {ToTimespec(clock_.NowWall()), {0, UTIME_OMIT}};
  // Should it fail, the use is remembered by this process alone.
  (void)utimensat(AT_FDCWD, path.c_str(), times, 0);
  return true;
}

Status FolderBlobStore::PutAs(const std::string& digest, std::string_view bytes, Origin origin,
                              BlobUse* use) {
  BlobUse own;
  Status put = PutBytes(digest, bytes, origin, own);
  if (use) *use = own;
  TellStorageFailure(put, options_.on_failure);
  return put;
}

Status FolderBlobStore::PutBytes(const std::string& digest, std::string_view bytes, Origin origin,
                                 BlobUse& use) {
  {
    MutexLock lock(mutex_);
    if (MarkUsed(digest)) {
      use.number = used_.at(digest).number;
      if (used_.at(digest).synced) return {};
      // Somebody else put it there a moment ago; what we answer must be on disk as well.
      lock.Unlock();
      return SyncFolder(PathOf(digest).parent_path());
    }
  }
  const auto size = static_cast<int64_t>(bytes.size());
  ATELIER_RETURN_IF_ERROR(Reserve(size, origin));
  return Store(digest, bytes, use);
}

Status FolderBlobStore::Store(const std::string& digest, std::string_view bytes, BlobUse& use) {
  const fs::path path = PathOf(digest);
  const fs::path temporary = root_ / "tmp" / NewId();
  AtomicFile file(temporary, 0644);
  Status written = WriteAndSync(file, bytes, clock_.NowWall(), temporary);
  if (written) written = MakeFolders(digest);
  bool added = false;
  if (written) {
    const MutexLock lock(mutex_);
    added = !MarkUsed(digest);
    if (added && file.Replace(path) != 0) {
      written = FileError("cannot rename into", path, file.error());
    }
    if (added && written) {
      used_[digest] = {clock_.NowMonotonic(), false, ++last_use_};
      AddPlace(digest);
    }
    if (written) use = {used_.at(digest).number, added};
  }
  if (!added || !written) Release(static_cast<int64_t>(bytes.size()));
  ATELIER_RETURN_IF_ERROR(written);
  ATELIER_RETURN_IF_ERROR(SyncFolder(path.parent_path()));
  const MutexLock lock(mutex_);
  const auto used = used_.find(digest);
  if (used != used_.end()) used->second.synced = true;
  return {};
}

Status FolderBlobStore::Reserve(int64_t bytes, Origin origin) {
  const MutexLock lock(mutex_);
  const bool limited = origin == Origin::kClient && options_.max_bytes > 0;
  if (limited && bytes_ + bytes > options_.max_bytes) {
    // Not how many are there: those are other tenants', too.
    return MakeError(Code::kResourceExhausted, "STORAGE_QUOTA",
                     "all stored pictures together must be at most " +
                         std::to_string(options_.max_bytes) + " bytes, which leaves no room for " +
                         std::to_string(bytes) + " more");
  }
  bytes_ += bytes;
  return {};
}

void FolderBlobStore::Release(int64_t bytes) {
  const MutexLock lock(mutex_);
  bytes_ -= bytes;
}

Status FolderBlobStore::Touch(std::string_view digest) {
  if (!IsDigest(digest)) return AssetNotFound(AssetName(digest));
  const MutexLock lock(mutex_);
  if (MarkUsed(std::string(digest))) return {};
  return AssetNotFound(AssetName(digest));
}

int64_t FolderBlobStore::RemoveIfUnused(const fs::path& path,
                                        std::chrono::milliseconds unused_for) {
  const MutexLock lock(mutex_);
  const auto use = used_.find(path.filename().string());
  const bool used = use != used_.end() && clock_.NowMonotonic() - use->second.time < unused_for;
  struct stat status;
  if (used || stat(path.c_str(), &status) != 0) return -1;
  if (clock_.NowWall() - ToWall(status.st_atim) < unused_for) return -1;
  return Unlink(path.filename().string());
}

void FolderBlobStore::AddPlace(const std::string& digest) {
  struct stat status;
  if (stat(PathOf(digest).c_str(), &status) != 0) return;
  places_.emplace(Nanoseconds(status.st_mtim), ToBytes(digest));
}

int64_t FolderBlobStore::Unlink(const std::string& digest) {
  const fs::path path = PathOf(digest);
  struct stat status;
  if (stat(path.c_str(), &status) != 0 || unlink(path.c_str()) != 0) return -1;
  used_.erase(digest);
  places_.erase({Nanoseconds(status.st_mtim), ToBytes(digest)});
  bytes_ -= status.st_size;
  return status.st_size;
}

Status FolderBlobStore::Remove(std::string_view digest) {
  const Status removed = RemoveFile(digest);
  TellStorageFailure(removed, options_.on_failure);
  return removed;
}

Status FolderBlobStore::RemoveFile(std::string_view digest) {
  ATELIER_RETURN_IF_ERROR(DigestOfAsset(AssetName(digest)));
  const MutexLock lock(mutex_);
  if (Unlink(std::string(digest)) >= 0) return {};
  if (errno == ENOENT) return AssetNotFound(AssetName(digest));
  return FileError("cannot remove", PathOf(digest), errno);
}

bool FolderBlobStore::TakeBack(std::string_view digest, const BlobUse& use) {
  if (!use.created) return false;
  const MutexLock lock(mutex_);
  const auto last = used_.find(std::string(digest));
  const bool untouched = last != used_.end() && last->second.number == use.number;
  return untouched && Unlink(std::string(digest)) >= 0;
}

Result<std::vector<BlobPlace>> FolderBlobStore::List(int limit, const BlobPlace& after) {
  const MutexLock lock(mutex_);
  // The list runs backwards from the first place that is not before `after`.
  auto place = after.digest.empty() ? places_.end()
                                    : places_.lower_bound({after.create_ns, ToBytes(after.digest)});
  std::vector<BlobPlace> page;
  while (place != places_.begin() && static_cast<int>(page.size()) < limit) {
    --place;
    page.push_back({place->first, ToHex(place->second)});
  }
  return page;
}

Result<BlobStore::Swept> FolderBlobStore::Sweep(const Digests& named,
                                                std::chrono::milliseconds unused_for) {
  Swept swept;
  std::error_code error;
  fs::recursive_directory_iterator entry(root_, error);
  for (; !error && entry != fs::end(entry); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!IsDigest(name) || named.contains(name)) continue;
    const int64_t bytes = RemoveIfUnused(entry->path(), unused_for);
    if (bytes < 0) continue;
    ++swept.blobs;
    swept.bytes += bytes;
    swept.digests.push_back(name);
  }
  if (error) return FileError("cannot read", root_, error.value());
  const MutexLock lock(mutex_);
  const auto oldest =
      clock_.NowMonotonic() - std::min<std::chrono::milliseconds>(unused_for, kRemembered);
  std::erase_if(used_,
                [&](const auto& use) { return use.second.synced && use.second.time < oldest; });
  return swept;
}

int64_t FolderBlobStore::bytes() const {
  const MutexLock lock(mutex_);
  return bytes_;
}

Result<std::string> FolderBlobStore::Get(std::string_view digest) {
  return GetFirst(digest, std::numeric_limits<int64_t>::max());
}

Result<std::string> FolderBlobStore::GetFirst(std::string_view digest, int64_t count) {
  ATELIER_ASSIGN_OR_RETURN(const BlobInfo info, Stat(digest));
  const fs::path path = PathOf(digest);
  const FileDescriptor file(OpenToRead(path));
  if (!file.is_open() && errno == ENOENT) return AssetNotFound(AssetName(digest));
  if (!file.is_open()) return FileError("cannot open", path, errno);
  std::string bytes(static_cast<size_t>(std::min(info.size_bytes, count)), '\0');
  size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t some = read(file.get(), bytes.data() + got, bytes.size() - got);
    if (some < 0 && errno == EINTR) continue;
    if (some < 0) return FileError("cannot read", path, errno);
    if (some == 0) return MakeError(Code::kDataLoss, "STORAGE_FAILED", path.string() + " is short");
    got += static_cast<size_t>(some);
  }
  return bytes;
}

Result<BlobInfo> FolderBlobStore::Stat(std::string_view digest) {
  ATELIER_RETURN_IF_ERROR(DigestOfAsset(AssetName(digest)));
  struct stat status;
  if (stat(PathOf(digest).c_str(), &status) != 0) return AssetNotFound(AssetName(digest));
  return BlobInfo{status.st_size, ToWall(status.st_mtim)};
}

}  // namespace atelier::server
