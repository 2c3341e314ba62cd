#ifndef PONDER_BUILTIN_MODEL_H
#define PONDER_BUILTIN_MODEL_H

#include <stddef.h>

/// The bytes of a complete GGUF file, part of the executable's read-only data, aligned to 64 bytes.
extern const unsigned char ponder_builtin_model_bytes[];

/// How many bytes `ponder_builtin_model_bytes` holds.
extern const size_t ponder_builtin_model_byte_count;

#endif
