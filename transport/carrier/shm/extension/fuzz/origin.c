/*
 * origin_is gives the answers of the list on standard input, that of Go's package origintest, and
 * reads nothing outside of a URL, whatever that is: each is changed at every place, too.
 *
 * usage: origin <LIST
 */
#include "origin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 500, LINE = 1000, LONG = 1 << 20 };

static struct entry { char origin[LINE], url[LINE]; /* "-": of none */ } all[MOST];
static int count;
static unsigned long asked, ours;

static void fail(const char *why, const char *url, const char *origin) {
	fprintf(stderr, "fuzz: %s: %.80s of %s\n", why, url, origin);
	abort();
}

/* The URL lies alone in its memory, so that the sanitizers see what is read behind it. */
static bool ask(const char *url, const char *origin) {
	char *alone = strdup(url);
	bool is = origin_is(alone, origin);
	free(alone);
	asked++;
	ours += is;
	return is;
}

/* false: the URL has a NUL, and can't come from WebKit as it is. */
static bool unquote(char *to, const char *from) {
	for (; *from != '"'; from++) {
		if (*from == '\\' && *++from == 'x') {
			unsigned byte;
			if (sscanf(from + 1, "%2x", &byte) != 1) fail("no byte", from, "the list");
			*to++ = (char)byte;
			from += 2;
			if (byte == 0) return false;
		} else if (*from) {
			*to++ = *from;
		} else {
			fail("no end", from, "the list");
		}
	}
	*to = 0;
	return true;
}

static void read_list(void) {
	char line[LINE];
	while (fgets(line, sizeof line, stdin)) {
		char *url = strchr(line, '"');
		if (line[0] == '#' || !url || url == line) continue;
		if (count == MOST) fail("too many", line, "the list");
		struct entry *e = &all[count];
		snprintf(e->origin, sizeof e->origin, "%.*s", (int)(url - 1 - line), line);
		count += unquote(e->url, url + 1);
	}
}

/* What is of an origin begins with its scheme and host. */
static void change(struct entry *e, const char *origin) {
	static const char characters[] = ":/?#@[]\\%.- \t\n\xff"
									 "0159aezAZ";
	const char *host = strstr(origin, "://") + 3;
	size_t begin = (size_t)(host - origin) + strcspn(host, host[0] == '[' ? "]" : ":");
	size_t length = strlen(e->url);
	for (size_t at = 0; at <= length; at++)
		for (size_t i = 0; i < sizeof characters; i++)
			for (int insert = 0; insert < 2; insert++) {
				char url[LINE + 2];
				const char *rest = e->url + at + (insert || at == length ? 0 : 1);
				snprintf(url, sizeof url, "%.*s%c%s", (int)at, e->url, characters[i], rest);
				if (ask(url, origin) && strncasecmp(url, origin, begin) != 0)
					fail("changed, it is", url, origin);
			}
}

static void check_long(const char *origin) {
	char *url = malloc(strlen(origin) + LONG + 10);
	char *end = url + sprintf(url, "%s", origin);
	memset(end, '.', LONG);
	end[LONG] = 0;
	if (ask(url, origin)) fail("long, it is", url, origin);
	end[0] = '/';
	if (!ask(url, origin)) fail("with a long path, it is not", url, origin);
	end[0] = ':';
	memset(end + 1, '0', LONG - 1);
	if (ask(url, origin)) fail("with a long port, it is", url, origin);
	memset(url, 'a', LONG);
	if (ask(url, origin)) fail("without an end, it is", url, origin);
	free(url);
}

int main(void) {
	read_list();
	int origins = 0;
	for (int o = 0; o < count; o++) {
		const char *origin = all[o].origin;
		if (strcmp(origin, all[o].url) != 0) continue;
		origins++;
		for (int i = 0; i < count; i++) {
			bool want = strcmp(all[i].origin, origin) == 0;
			if (ask(all[i].url, origin) != want)
				fail(want ? "it is not" : "it is", all[i].url, origin);
			change(&all[i], origin);
		}
		check_long(origin);
	}
	if (origins < 3 || count < 100 || ours < 1000 || origin_is(NULL, all[0].origin))
		fail("too few", "", "the list");
	printf("extension: %d URLs and %d origins, %lu questions, %lu of them ours\n", count, origins,
		asked, ours);
	return 0;
}
