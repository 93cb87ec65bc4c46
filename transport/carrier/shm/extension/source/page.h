/*
 * What a page of the web process has of this: at most one link, and at most one
 * document that has attached to it, or waits for it. A document is known by its
 * functions object (functions.h). Main thread only.
 */
#ifndef TAILRACE_PAGE_H
#define TAILRACE_PAGE_H

#include <JavaScriptCore/JavaScript.h>
#include <stddef.h>

#include "layout.h"
#include "link.h"

struct page;

/* NULL: out of memory. */
struct page *page_new(void);

struct page *page_retain(struct page *p);
/* Runs inside garbage collection too: it must not touch JavaScript. */
void page_release(struct page *p);

/* The page is gone. Functions that a script still holds give GONE from now on. Releases p. */
void page_end(struct page *p);

/* Ends the link, without a word to the document that had it. */
void page_leave(struct page *p);

/* Go offers a link to the session `token`, in the place of any other. Takes the descriptors. */
void page_offer(struct page *p, const char *token, const int fds[FD_COUNT]);

/* 1: attached. 0: the offer is not here, bell is called once it is attached, or has failed. GONE:
 * refused. */
int64_t page_attach(struct page *p, JSContextRef context, JSObjectRef functions, const char *token,
	JSObjectRef bell);

/* The document gives up what it has, or waits for. */
void page_detach(struct page *p, JSObjectRef functions);

/* The link that this document has attached to, or NULL. */
struct link *page_link(struct page *p, JSObjectRef functions);

#endif
