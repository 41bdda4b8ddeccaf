// A copy that can be stopped: weight files take seconds to minutes.
#pragma once

#include <filesystem>
#include <functional>

#include "base/result.h"

namespace atelier::client {

/// Copies the bytes of `from` to the new file `to` and flushes them to the disk. `stopped` is asked
/// every few megabytes; it may be empty. LOCAL_FILE naming the path; CANCELLED when stopped. What
/// was written by then stays: the caller clears its folder.
Status CopyWholeFile(const std::filesystem::path& from, const std::filesystem::path& to,
                     const std::function<bool()>& stopped);

}  // namespace atelier::client
