#ifndef PONDER_BUILTIN_MODEL_H
#define PONDER_BUILTIN_MODEL_H

#include <stddef.h>

/// The first of the bytes of a complete GGUF file: read-only data of the executable, aligned to 64 bytes.
const void *ponder_builtin_model_start(void);

/// How many bytes there are.
extern const size_t ponder_builtin_model_byte_count;

#endif
