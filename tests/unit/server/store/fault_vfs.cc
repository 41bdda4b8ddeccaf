#include "unit/server/store/fault_vfs.h"

#include <sqlite3.h>

#include <atomic>
#include <catch2/catch.hpp>

namespace atelier::server {
namespace {

// SQLite knows its file systems as plain structs with functions.
std::atomic<int64_t> writes_left{-1};  // Below 0: nothing fails.
std::atomic<int> failure{SQLITE_OK};
std::atomic<bool> failed{false};
std::atomic<bool> temporary_refused{false};
std::atomic<int> refused{0};
sqlite3_vfs* real_vfs = nullptr;
sqlite3_vfs vfs;

struct File {
  sqlite3_file base;
  sqlite3_file* real;
};

sqlite3_file* Real(sqlite3_file* file) { return reinterpret_cast<File*>(file)->real; }

// What the next write is to return.
int NextWrite() {
  if (writes_left.load() < 0 || writes_left-- != 0) return SQLITE_OK;
  failed = true;
  return failure.load();
}

int Write(sqlite3_file* file, const void* data, int bytes, sqlite3_int64 at) {
  const int result = NextWrite();
  return result == SQLITE_OK ? Real(file)->pMethods->xWrite(Real(file), data, bytes, at) : result;
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  const int result = NextWrite();
  return result == SQLITE_OK ? Real(file)->pMethods->xTruncate(Real(file), size) : result;
}

int Sync(sqlite3_file* file, int flags) {
  const int result = NextWrite();
  if (result == SQLITE_OK) return Real(file)->pMethods->xSync(Real(file), flags);
  return result == SQLITE_FULL ? result : SQLITE_IOERR_FSYNC;
}

int Close(sqlite3_file* file) { return Real(file)->pMethods->xClose(Real(file)); }
int Read(sqlite3_file* file, void* data, int bytes, sqlite3_int64 at) {
  return Real(file)->pMethods->xRead(Real(file), data, bytes, at);
}
int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Real(file)->pMethods->xFileSize(Real(file), size);
}
int Lock(sqlite3_file* file, int lock) { return Real(file)->pMethods->xLock(Real(file), lock); }
int Unlock(sqlite3_file* file, int lock) { return Real(file)->pMethods->xUnlock(Real(file), lock); }
int CheckReservedLock(sqlite3_file* file, int* result) {
  return Real(file)->pMethods->xCheckReservedLock(Real(file), result);
}
int FileControl(sqlite3_file* file, int op, void* argument) {
  return Real(file)->pMethods->xFileControl(Real(file), op, argument);
}
int SectorSize(sqlite3_file* file) { return Real(file)->pMethods->xSectorSize(Real(file)); }
int DeviceCharacteristics(sqlite3_file* file) {
  return Real(file)->pMethods->xDeviceCharacteristics(Real(file));
}
int ShmMap(sqlite3_file* file, int page, int bytes, int extend, void volatile** out) {
  return Real(file)->pMethods->xShmMap(Real(file), page, bytes, extend, out);
}
int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
  return Real(file)->pMethods->xShmLock(Real(file), offset, count, flags);
}
void ShmBarrier(sqlite3_file* file) { Real(file)->pMethods->xShmBarrier(Real(file)); }
int ShmUnmap(sqlite3_file* file, int remove) {
  return Real(file)->pMethods->xShmUnmap(Real(file), remove);
}

// Without mapped pages, which no write goes through.
const sqlite3_io_methods kMethods = {2,
                                     Close,
                                     Read,
                                     Write,
                                     Truncate,
                                     Sync,
                                     FileSize,
                                     Lock,
                                     Unlock,
                                     CheckReservedLock,
                                     FileControl,
                                     SectorSize,
                                     DeviceCharacteristics,
                                     ShmMap,
                                     ShmLock,
                                     ShmBarrier,
                                     ShmUnmap,
                                     nullptr,
                                     nullptr};

int Open(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  const bool temporary = path == nullptr || (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  auto* own = reinterpret_cast<File*>(file);
  own->base.pMethods = nullptr;
  if (temporary && temporary_refused) {
    ++refused;
    return SQLITE_CANTOPEN;
  }
  own->real = reinterpret_cast<sqlite3_file*>(own + 1);
  const int result = real_vfs->xOpen(real_vfs, path, own->real, flags, out_flags);
  if (own->real->pMethods != nullptr) own->base.pMethods = &kMethods;
  return result;
}

}  // namespace

FaultVfs::FaultVfs() {
  REQUIRE(sqlite3_initialize() == SQLITE_OK);
  real_vfs = sqlite3_vfs_find(nullptr);
  REQUIRE(real_vfs != &vfs);
  vfs = *real_vfs;  // Everything else is done as there.
  vfs.zName = "atelier-faults";
  vfs.szOsFile = static_cast<int>(sizeof(File)) + real_vfs->szOsFile;
  vfs.xOpen = Open;
  writes_left = -1;
  failed = false;
  temporary_refused = false;
  refused = 0;
  REQUIRE(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK);
}

FaultVfs::~FaultVfs() {
  sqlite3_vfs_unregister(&vfs);
  sqlite3_vfs_register(real_vfs, 1);
}

void FaultVfs::FailAfter(int64_t writes, int result) {
  failed = false;
  failure = result;
  writes_left = writes;
}

bool FaultVfs::Mend() {
  writes_left = -1;
  return failed.load();
}

void FaultVfs::RefuseTemporaryFiles() { temporary_refused = true; }

int FaultVfs::refused_files() const { return refused.load(); }

}  // namespace atelier::server
