#ifndef CLIBARCHIVE_SHIM_H
#define CLIBARCHIVE_SHIM_H

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

// libarchive turns names into the characters of the thread's locale, and gives none for a name
// that the C locale has no characters for.
static inline locale_t finflow_archive_utf8(void) {
    return newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

// A variadic function is not to be called from Swift.
static inline void finflow_archive_fail(struct archive *archive, int number, const char *text) {
    archive_set_error(archive, number, "%s", text);
}

#endif
