#include "BuiltinModel.h"

_Alignas(64) const unsigned char ponder_builtin_model_bytes[] = {
#embed "model.gguf"
};

const size_t ponder_builtin_model_byte_count = sizeof(ponder_builtin_model_bytes);
