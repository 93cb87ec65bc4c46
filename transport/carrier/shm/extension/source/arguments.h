/*
 * Arguments of the page's functions. Nothing here runs JavaScript: no
 * conversion, no getter, no valueOf.
 */
#ifndef TAILRACE_ARGUMENTS_H
#define TAILRACE_ARGUMENTS_H

#include <JavaScriptCore/JavaScript.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longer tokens are refused. */
#define TOKEN_MAX 256

/* The bytes of an ArrayBuffer or a typed array. They stay where they are until JavaScript runs
 * again. False: something else, or detached. */
bool argument_bytes(
	JSContextRef context, JSValueRef value, unsigned char **bytes, uint64_t *length);

/* A number that is an integer from 0 to 2^53. */
bool argument_size(JSContextRef context, JSValueRef value, uint64_t *size);

/* A string of ASCII characters that are neither NUL nor too many, NUL-terminated. */
bool argument_token(JSContextRef context, JSValueRef value, char token[TOKEN_MAX + 1]);

#endif
