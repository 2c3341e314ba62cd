// Replaced by this module's first test file.
