/*
 * The functions that a document of ours gets: the methods of one object, which
 * have to be called on it. They give numbers, throw nothing, and convert nothing:
 * an argument of another type is a wrong one.
 */
#ifndef TAILRACE_FUNCTIONS_H
#define TAILRACE_FUNCTIONS_H

#include <JavaScriptCore/JavaScript.h>

#include "page.h"

/* Puts the object on the document's window, as a property that is not enumerable. It retains p. */
void functions_put(JSGlobalContextRef context, struct page *p);

#endif
