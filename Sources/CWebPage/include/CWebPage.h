#pragma once

#include <stddef.h>

/// A file of the folder `page`.
struct ponder_page_file {
    const char *name;
    const unsigned char *bytes;
    size_t byte_count;
};

/// How many files the page is made of.
extern const size_t ponder_page_file_count;

/// The first of that many files, which live as long as the process.
const struct ponder_page_file *ponder_page_files(void);
