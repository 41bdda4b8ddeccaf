// Memory that was freed, given back to the system.
#pragma once

namespace atelier {

/// The allocator keeps what was freed between what is still in use, for the next who asks for as
/// much. After sizes that will not come again this gives whole pages back. Milliseconds.
void GiveBackFreeMemory();

}  // namespace atelier
