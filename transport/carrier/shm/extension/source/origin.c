#include "origin.h"

#include <stddef.h>
#include <string.h>

/* The longest host with its port. Names of hosts have 253 bytes at most. */
enum { LONGEST = 1 << 10 };

/* An origin in its parts. The texts are within the URL. */
struct site {
	const char *scheme, *host;
	size_t scheme_length, host_length; /* the host's with its brackets */
	int port;                          /* -1: the scheme's own */
};

/* The C library's own depend on the locale. */
static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }
static bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_one_of(const char *all, char c) { return c && strchr(all, c); }

/* Whether a and b, which have n characters each, are equal. */
static bool equal(const char *a, const char *b, size_t n, bool any_case) {
	for (size_t i = 0; i < n; i++)
		if (any_case ? lower(a[i]) != lower(b[i]) : a[i] != b[i]) return false;
	return true;
}

static bool has_scheme(const struct site *s, const char *scheme) {
	return strlen(scheme) == s->scheme_length && equal(s->scheme, scheme, s->scheme_length, true);
}

/* The length of the host that begins at c, 0 if there is none. */
static size_t host_length(const char *c) {
	size_t n = 0;
	if (*c != '[') {
		while (n <= LONGEST && (is_letter(c[n]) || is_digit(c[n]) || is_one_of("-._~", c[n])))
			n++;
		return n;
	}
	n = 1; /* IPv6, which WebKit writes without the dots of IPv4 */
	while (n <= LONGEST && (is_digit(c[n]) || is_one_of("abcdefABCDEF:", c[n])))
		n++;
	return n > 1 && c[n] == ']' ? n + 1 : 0;
}

static bool read_site(const char *url, struct site *s) {
	const char *c = url;
	while (is_letter(*c) || (c > url && (is_digit(*c) || is_one_of("+-.", *c))))
		c++;
	*s = (struct site){.scheme = url, .scheme_length = (size_t)(c - url), .port = -1};
	if (c == url || c[0] != ':' || c[1] != '/' || c[2] != '/') return false;
	s->host = c += 3;
	s->host_length = host_length(c);
	if (s->host_length == 0) return false;
	c += s->host_length;
	if (*c == ':' && is_digit(*++c)) {
		for (s->port = 0; is_digit(*c); c++) {
			s->port = s->port * 10 + (*c - '0');
			if (s->port > 65535 || c - s->host > LONGEST) return false;
		}
		if ((s->port == 80 && has_scheme(s, "http")) || (s->port == 443 && has_scheme(s, "https")))
			s->port = -1;
	}
	return c - s->host <= LONGEST && (*c == 0 || is_one_of("/?#", *c));
}

bool origin_is(const char *url, const char *origin) {
	struct site a, b;
	if (!url || !read_site(url, &a) || !read_site(origin, &b)) return false;
	bool web = has_scheme(&a, "http") || has_scheme(&a, "https");
	return a.scheme_length == b.scheme_length && a.host_length == b.host_length &&
		a.port == b.port && equal(a.scheme, b.scheme, a.scheme_length, true) &&
		equal(a.host, b.host, a.host_length, web);
}
