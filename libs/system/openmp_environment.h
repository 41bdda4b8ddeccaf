// How OpenMP, which computes the networks, shares its processors with others.
#pragma once

namespace atelier {

/// Starts this program anew with `argv` if its environment leaves OpenMP's settings open, and
/// returns at once in the second start. Call it first in main(): OpenMP reads its environment
/// before main(), while the program's libraries are loaded, and only once.
///
/// OMP_WAIT_POLICY becomes "passive": threads that are done wait for the others asleep. By default
/// they spin, and on a shared processor take the time of the very threads that they wait for.
/// OMP_NUM_THREADS becomes UsableProcessors() where a control group leaves fewer than the machine
/// has. What is set already stays.
void SettleOpenMp(char** argv);

}  // namespace atelier
