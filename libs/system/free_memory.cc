#include "system/free_memory.h"

#include <malloc.h>

namespace atelier {

void GiveBackFreeMemory() { ::malloc_trim(0); }

}  // namespace atelier
