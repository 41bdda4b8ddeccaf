// How the libraries that compute the networks share their machine with others: OpenMP its
// processors, oneDNN its memory.
#pragma once

namespace atelier {

/// Starts this program anew with `argv` if its environment leaves OpenMP's settings open, and
/// returns at once in the second start. Call it first in main(): OpenMP reads its environment
/// before main(), while the program's libraries are loaded, and only once.
///
/// OMP_WAIT_POLICY becomes "passive": threads that are done wait for the others asleep. By default
/// they spin, and on a shared processor take the time of the very threads that they wait for.
/// ONEDNN_PRIMITIVE_CACHE_CAPACITY and LRU_CACHE_CAPACITY (LibTorch's own in front of it) become
/// 512: one picture size of the default model needs 150 kernels. By default each keeps 1024, of
/// sizes that may never come again, some hundred kilobytes each. OMP_NUM_THREADS becomes
/// UsableProcessors() where a control group leaves fewer than the machine has. What is set already
/// stays.
void SettleOpenMp(char** argv);

}  // namespace atelier
