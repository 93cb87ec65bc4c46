/*
 * The one place where the extension compares a URL with an origin.
 */
#pragma once

#include <stdbool.h>

/*
 * Whether url, as WebKit gives it, is of origin, "scheme://host[:port]". Scheme, host and port are
 * compared: scheme and host by their characters, the port by its number, where the scheme's own is
 * as none. What can't be taken apart without doubt is of no origin, nor is what names a user or has
 * no host. url may be NULL.
 */
bool origin_is(const char *url, const char *origin);
