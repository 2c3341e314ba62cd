#ifndef PONDER_CKERNELS_H
#define PONDER_CKERNELS_H

#endif
