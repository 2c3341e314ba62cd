#include "BuiltinModel.h"

_Alignas(64) static const unsigned char bytes[] = {
#embed "model.gguf"
};

const size_t ponder_builtin_model_byte_count = sizeof(bytes);

const void *ponder_builtin_model_start(void) {
    return bytes;
}
